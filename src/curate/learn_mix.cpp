#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/as_text.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "curate/mixed_scores.h"
#include "curate/tally.h"
#include "diptych/sampling.h"
#include "json/json.h"
#include "shards/source_file.h"

namespace diptych {

namespace {

using namespace curate;

/// Scores of pairs, a row each, and which are good.
struct LabelledScores {
  std::size_t scorers = 0;
  std::vector<double> values;
  std::vector<bool> is_good;

  const double* row(std::size_t pair) const { return &values[pair * scorers]; }
};

std::unordered_set<std::string> read_keys(const std::filesystem::path& path) {
  const shards::SourceFile file(path);
  std::string_view text = as_text(file.bytes());
  std::unordered_set<std::string> keys;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) keys.emplace(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return keys;
}

/// Scales each scorer's scores to a mean of 0 and a deviation of 1; returns the deviations.
std::vector<double> standardise(LabelledScores& scores) {
  const std::size_t pairs = scores.is_good.size();
  std::vector<double> deviations;
  for (std::size_t scorer = 0; scorer < scores.scorers; ++scorer) {
    double sum = 0.0;
    double squares = 0.0;
    for (std::size_t i = 0; i < pairs; ++i) sum += scores.row(i)[scorer];
    const double mean = sum / static_cast<double>(pairs);
    for (std::size_t i = 0; i < pairs; ++i)
      squares += (scores.row(i)[scorer] - mean) * (scores.row(i)[scorer] - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(pairs));
    if (!(deviation > 0.0) || !std::isfinite(deviation)) {
      fail(ErrorCode::invalid_argument,
           "scores: got the same of all pairs from scorer {}, expected different ones", scorer + 1);
    }
    for (std::size_t i = 0; i < pairs; ++i) {
      double& value = scores.values[i * scores.scorers + scorer];
      value = (value - mean) / deviation;
    }
    deviations.push_back(deviation);
  }
  return deviations;
}

/// Solves a symmetric, positive definite system by Cholesky's method.
std::vector<double> solve(std::vector<double> matrix, std::vector<double> right) {
  const std::size_t size = right.size();
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = matrix[i * size + j];
      for (std::size_t k = 0; k < j; ++k) sum -= matrix[i * size + k] * matrix[j * size + k];
      matrix[i * size + j] = i == j ? std::sqrt(sum) : sum / matrix[j * size + j];
    }
    for (std::size_t k = 0; k < i; ++k) right[i] -= matrix[i * size + k] * right[k];
    right[i] /= matrix[i * size + i];
  }
  for (std::size_t i = size; i-- > 0;) {
    for (std::size_t k = i + 1; k < size; ++k) right[i] -= matrix[k * size + i] * right[k];
    right[i] /= matrix[i * size + i];
  }
  return right;
}

/// Returns by how much weights change in a step of Newton's method. Good pairs count as much as the
/// others in all, and weights are held small enough to exist where both can be told apart.
std::vector<double> newton_step(const LabelledScores& scores, const std::vector<double>& weights) {
  constexpr double kRidge = 1e-3;
  const std::size_t pairs = scores.is_good.size();
  const std::size_t size = weights.size();
  const auto good =
      static_cast<double>(std::count(scores.is_good.begin(), scores.is_good.end(), true));
  std::vector<double> matrix(size * size, 0.0);
  std::vector<double> gradient(size, 0.0);
  std::vector<double> row(size, 1.0);
  for (std::size_t i = 0; i < pairs; ++i) {
    std::copy_n(scores.row(i), scores.scorers, row.begin());
    const double sum = std::inner_product(row.begin(), row.end(), weights.begin(), 0.0);
    const double chance = 1.0 / (1.0 + std::exp(-sum));
    const double share = 0.5 / (scores.is_good[i] ? good : static_cast<double>(pairs) - good);
    const double error = (scores.is_good[i] ? 1.0 : 0.0) - chance;
    for (std::size_t a = 0; a < size; ++a) {
      gradient[a] += share * error * row[a];
      for (std::size_t b = 0; b < size; ++b)
        matrix[a * size + b] += share * chance * (1.0 - chance) * row[a] * row[b];
    }
  }
  for (std::size_t a = 0; a < size; ++a) {
    gradient[a] -= kRidge * weights[a];
    matrix[a * size + a] += kRidge;
  }
  return solve(std::move(matrix), std::move(gradient));
}

/// A logistic regression; the last weight is the bias.
std::vector<double> regression(const LabelledScores& scores) {
  constexpr int kMostSteps = 50;
  constexpr double kEnough = 1e-9;
  std::vector<double> weights(scores.scorers + 1, 0.0);
  for (int step = 0; step < kMostSteps; ++step) {
    const std::vector<double> change = newton_step(scores, weights);
    double largest = 0.0;
    for (std::size_t a = 0; a < weights.size(); ++a) {
      weights[a] += change[a];
      largest = std::max(largest, std::abs(change[a]));
    }
    if (largest < kEnough) break;
  }
  return weights;
}

/// How often a good pair scores higher than another one; equal scores count half.
double accuracy_of(const std::vector<double>& scores, const std::vector<bool>& is_good) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  double wins = 0.0;
  double others = 0.0;
  double good = 0.0;
  for (std::size_t first = 0; first < order.size();) {
    double equal_good = 0.0;
    double equal_others = 0.0;
    const double score = scores[order[first]];
    for (; first < order.size() && scores[order[first]] == score; ++first)
      (is_good[order[first]] ? equal_good : equal_others) += 1.0;
    wins += equal_good * (others + equal_others / 2.0);
    others += equal_others;
    good += equal_good;
  }
  return wins / (good * others);
}

void write_mix(const std::filesystem::path& path, const MixReport& report) {
  const nlohmann::ordered_json json = {{"weights", report.mix.weights},
                                       {"pairs", report.pairs},
                                       {"good", report.good},
                                       {"accuracy", report.accuracy},
                                       {"accuracies", report.accuracies}};
  write_file(path, json.dump(2) + "\n");
}

}  // namespace

ScoreMix read_mix(const std::filesystem::path& path) {
  try {
    const nlohmann::json json = parse_json(read_text_file(path), path.string());
    return {.weights = json.at("weights").get<std::vector<double>>()};
  } catch (const nlohmann::json::exception&) {
    fail(ErrorCode::corrupt_data, "mix: got another file, expected weights that were learned ({})",
         path.string());
  }
}

MixReport learn_mix(const MixOptions& options) {
  check_output(options.out, options.stage, {options.good});
  const std::unordered_set<std::string> keys = read_keys(options.good);
  MixReport report;
  LabelledScores scores;
  for (const ShardScores& shard : options.scores) {
    scores.scorers = shard.size();
    for (const ScoredPair& pair : read_all_scores(shard)) {
      scores.values.insert(scores.values.end(), pair.scores.begin(), pair.scores.end());
      scores.is_good.push_back(keys.contains(pair.key));
      report.good += scores.is_good.back() ? 1 : 0;
    }
  }
  report.pairs = scores.is_good.size();
  if (report.good == 0 || report.good == report.pairs) {
    fail(ErrorCode::invalid_argument,
         "good pairs: got {} of {} pairs with all scores, expected some and not all ({})",
         report.good, report.pairs, options.good.string());
  }
  report.unknown_good = keys.size() > report.good ? keys.size() - report.good : 0;
  const std::vector<double> deviations = standardise(scores);
  const std::vector<double> weights = regression(scores);
  std::vector<double> mixed(report.pairs, 0.0);
  for (std::size_t scorer = 0; scorer < scores.scorers; ++scorer) {
    std::vector<double> own;
    for (std::size_t i = 0; i < report.pairs; ++i) {
      own.push_back(scores.row(i)[scorer]);
      mixed[i] += weights[scorer] * own.back();
    }
    report.accuracies.push_back(accuracy_of(own, scores.is_good));
    report.mix.weights.push_back(weights[scorer] / deviations[scorer]);
  }
  report.accuracy = accuracy_of(mixed, scores.is_good);
  write_mix(options.out, report);
  return report;
}

}  // namespace diptych
