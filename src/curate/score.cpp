#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <numeric>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/parallel.h"
#include "curate/best_share.h"
#include "curate/record.h"
#include "curate/sample_keys.h"
#include "curate/sample_sinks.h"
#include "curate/sample_walk.h"
#include "curate/score_files.h"
#include "curate/tally.h"
#include "curate/text_language.h"
#include "diptych/filters.h"
#include "shards/sample_text.h"

namespace diptych {

namespace {

using namespace curate;

std::size_t words_in(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  std::size_t words = 0;
  while (true) {
    const std::size_t begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return words;
    ++words;
    text.remove_prefix(std::min(text.find_first_of(kSpace, begin), text.size()));
  }
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

class Scoring {
 public:
  explicit Scoring(const ScoreOptions& options)
      : options_(options),
        files_(files_of(options.inputs, /*pictures=*/true)),
        sink_(is_of_scores_alone(options)
                  ? nullptr
                  : make_sample_sink({.format = options.format,
                                      .out = options.out,
                                      .samples_per_shard = options.samples_per_shard,
                                      .stage = options.stage})),
        pool_(options.stage.threads) {
    if (!options.language_model.empty()) detector_ = LanguageDetector(options.language_model);
    if (!options.scores.empty()) table_.emplace(options.scores);
  }

  ScoreReport run() {
    const SampleRules none{.need_picture = false, .need_caption = false, .decode = false};
    // Where a share ends is known when all are scored; until then they cannot be written.
    const bool at_once = options_.top_share <= 0.0;
    const double least = is_scored() ? options_.least_score : kAnyScore;
    const auto take_at_once = [&](const std::vector<CheckedSample>& checked) {
      if (at_once) take_all(checked, least);
    };
    if (options_.scored.empty()) {
      walk(report_.filter, {.min_side = 1, .json_text_key = options_.json_text_key},
           [&](const std::vector<CheckedSample>& checked) {
             judge(checked);
             take_at_once(checked);
           });
    } else {
      recall(none, take_at_once);
    }
    summarise();
    if (!at_once) {
      const double last = last_of_share();
      FilterReport again;  // of the same samples: counted, and their pictures decoded, once
      walk(again, none, [&](const auto& checked) { take_all(checked, last); });
    }
    StageReport& samples = report_.filter.samples;
    if (samples.written == 0 && !options_.stage.is_part)
      refuse_nothing_left(samples, options_.inputs.sources.front());
    if (table_) table_->commit();
    if (sink_) sink_->finish();  // says that all is there
    for (const std::string& note : keys_.notes()) samples.notes.push_back(note);
    return std::move(report_);
  }

 private:
  static bool is_of_scores_alone(const ScoreOptions& options) {
    return options.out.empty() && !options.scores.empty();
  }

  /// The score of a sample that is unusable or that a rule leaves out.
  static constexpr double kLeftOut = std::numeric_limits<double>::quiet_NaN();
  static constexpr double kAnyScore = -std::numeric_limits<double>::infinity();

  template <typename Work>
  void walk(FilterReport& report, const SampleRules& rules, Work&& work) {
    walk_samples(files_, options_.inputs, rules, pool_, options_.stage, report.files,
                 report.samples, work);
  }

  std::string caption_of(const shards::Sample& sample) const {
    return shards::read_text(sample, {.json_text_key = options_.json_text_key}).captions.front();
  }

  /// Which rule a pair breaks; empty: none.
  std::string_view broken_rule(const shards::Sample& sample, const std::string& caption) const {
    const PairRules& rules = options_.rules;
    if (words_in(caption) < rules.least_words) return "few words";
    if (characters_in(caption) < rules.least_characters) return "few characters";
    if (sample.image()->size() < rules.least_bytes) return "small file";
    if (rules.least_side > 0 || rules.most_aspect > 0.0) {
      const Image image = decode_image(*sample.image(), sample.key);
      const auto [shorter, longer] = std::minmax({image.width, image.height});
      if (shorter < rules.least_side) return "small picture";
      if (rules.most_aspect > 0.0 && longer > rules.most_aspect * shorter) return "long picture";
    }
    if (rules.language.empty()) return {};
    FastTextWords words;  // a caption alone repeats none
    return detector_.detect(caption, words) == rules.language ? std::string_view()
                                                              : "another language";
  }

  /// Finds the verdicts of some samples, in order.
  void judge(const std::vector<CheckedSample>& checked) {
    std::vector<std::string> captions(checked.size());
    std::vector<std::string_view> broken(checked.size());
    pool_.run(checked.size(), [&](std::size_t i) {
      if (checked[i].fault) return;
      captions[i] = caption_of(checked[i].sample);
      broken[i] = broken_rule(checked[i].sample, captions[i]);
    });
    std::vector<PictureBytes> pictures;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < checked.size(); ++i) {
      const shards::Sample& sample = checked[i].sample;
      if (checked[i].fault) continue;
      if (!broken[i].empty()) {
        count_under(report_.filter.samples.left_out, broken[i], [&] {
          return fmt::format("{} ({}, {})", broken[i], sample.shard, sample.place());
        });
        continue;
      }
      pictures.push_back({*sample.image(), sample.key});
      texts.push_back(std::move(captions[i]));
    }
    std::vector<double> scores(texts.size(), 0.0);
    if (options_.scorer && !texts.empty()) scores = options_.scorer(pictures, texts);
    ensure(scores.size() == texts.size(), "a scorer gives a score a pair");
    auto score = scores.begin();
    for (std::size_t i = 0; i < checked.size(); ++i) {
      const bool is_scored = !checked[i].fault && broken[i].empty();
      verdicts_.push_back(is_scored ? *score++ : kLeftOut);
      if (is_scored && std::isnan(verdicts_.back())) {
        const shards::Sample& sample = checked[i].sample;
        count_under(report_.filter.samples.dropped, "whose score is no number", [&] {
          return fmt::format("score is no number ({}, {})", sample.shard, sample.place());
        });
      }
    }
  }

  /// Takes the verdicts of an earlier run over the same samples.
  template <typename Work>
  void recall(const SampleRules& rules, Work&& work) {
    std::vector<std::pair<std::string, double>> scores;
    read_scores(options_.scored,
                [&](std::string_view key, double score) { scores.emplace_back(key, score); });
    auto next = scores.cbegin();
    walk(report_.filter, rules, [&](const std::vector<CheckedSample>& checked) {
      for (const auto& [sample, fault] : checked) {
        const bool is_scored = !fault && next != scores.cend() && next->first == sample.key;
        if (!is_scored && !fault) {
          count_under(report_.filter.samples.left_out, "without a score", [&place = sample] {
            return fmt::format("without a score ({}, {})", place.shard, place.place());
          });
        }
        verdicts_.push_back(is_scored ? (next++)->second : kLeftOut);
      }
      work(checked);
    });
    if (next != scores.cend()) {
      fail(ErrorCode::invalid_argument,
           "scores: got one of '{}', which is no sample or stands elsewhere, expected those of the "
           "same samples ({})",
           next->first, options_.scored.string());
    }
  }

  bool is_scored() const { return options_.scorer || !options_.scored.empty(); }

  std::vector<double> scores() const {
    std::vector<double> scores;
    std::copy_if(verdicts_.begin(), verdicts_.end(), std::back_inserter(scores),
                 [](double score) { return !std::isnan(score); });
    return scores;
  }

  void summarise() {
    if (!is_scored()) return;
    const std::vector<double> all = scores();
    report_.scored = all.size();
    if (all.empty()) return;
    report_.mean = std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
  }

  double last_of_share() {
    std::vector<double> all = scores();
    if (!is_scored() || all.empty()) return kAnyScore;
    const auto best = best_share(all, options_.top_share, std::greater<>());
    note(note_on_equals(best, all.size(), "score"));
    return best.last;
  }

  void note(std::string sentence) {
    if (!sentence.empty()) report_.filter.samples.notes.push_back(std::move(sentence));
  }

  /// Takes the next samples, whose verdicts are there.
  void take_all(const std::vector<CheckedSample>& checked, double least) {
    for (const CheckedSample& sample : checked)
      take(sample.sample, verdicts_.at(next_verdict_++), least);
  }

  void take(const shards::Sample& sample, double score, double least) {
    if (std::isnan(score)) return;
    if (table_) {
      std::string line = "{\"key\":";
      append_json_string(line, sample.key);
      table_->write(line + fmt::format(",\"score\":{}}}\n", score));
    }
    if (score < least) {
      return count_under(report_.filter.samples.left_out, "low score", [&] {
        return fmt::format("score {:.4f} ({}, {})", score, sample.shard, sample.place());
      });
    }
    std::uint64_t& written = report_.filter.samples.written;
    report_.least_kept = written == 0 ? score : std::min(report_.least_kept, score);
    if (sink_) sink_->add(keys_.next(sample.key), sample);
    ++written;
  }

  const ScoreOptions& options_;
  std::vector<std::filesystem::path> files_;
  std::unique_ptr<SampleSink> sink_;
  ThreadPool pool_;
  LanguageDetector detector_;
  std::optional<AtomicFile> table_;
  SampleKeys keys_;
  std::vector<double> verdicts_;
  std::size_t next_verdict_ = 0;  ///< of those that were taken
  ScoreReport report_;
};

}  // namespace

ScoreReport score_samples(const ScoreOptions& options) {
  if (options.top_share < 0.0 || options.top_share > 1.0) {
    fail(ErrorCode::invalid_argument, "top share: got {}, expected 0 to 1", options.top_share);
  }
  if (options.format != SampleFormat::shards && options.format != SampleFormat::tar)
    fail(ErrorCode::invalid_argument, "form: got another, expected shards or one tar");
  if (!options.scored.empty() && options.scorer)
    fail(ErrorCode::invalid_argument, "scores: got those of an earlier run and a scorer too");
  check_output(options.scores, options.stage, {options.scored});
  return Scoring(options).run();
}

}  // namespace diptych
