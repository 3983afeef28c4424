#include <fmt/core.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>

#include "base/as_text.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/input_file.h"
#include "base/parallel.h"
#include "base/unfilled_bytes.h"
#include "curate/gzip_members.h"
#include "curate/page_pictures.h"
#include "curate/query_lists.h"
#include "curate/tally.h"
#include "curate/text_output.h"
#include "diptych/curation.h"

namespace diptych {

namespace {

using namespace curate;

/// Some records of an archive, unpacked.
struct Piece {
  UnfilledBytes storage;
  std::string_view bytes;
  std::uint64_t offset = 0;
  std::optional<MemberFault> fault;
};

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::size_t kWaitingBytes = std::size_t{1} << 26;  // of a batch, and a member more
constexpr std::size_t kKeptRoom = std::size_t{1} << 24;      // of a piece, for the next one

/// Cuts an archive into pieces of whole records.
class Archive {
 public:
  explicit Archive(const std::filesystem::path& path)
      : file_(open_input(path)), name_(path.string()), text_(as_text(file_.bytes())) {
    const bool is_packed = text_.starts_with("\x1F\x8B");
    if (!is_packed && !text_.starts_with("WARC/")) {
      fail(ErrorCode::invalid_argument,
           "archive: got another file, expected a WARC or WAT file, or gzip of one ({})", name_);
    }
    if (is_packed) members_.emplace(text_);
  }

  /// Sets `piece`; false at the end.
  bool next(Piece& piece) { return members_ ? next_packed(piece) : next_plain(piece); }
  std::size_t position() const { return members_ ? members_->position() : at_; }
  std::size_t size() const { return text_.size(); }
  const std::string& name() const { return name_; }

 private:
  bool next_packed(Piece& piece) {
    piece.storage.clear();  // and keeps its memory
    piece.fault.reset();
    piece.offset = members_->position();
    while (piece.storage.size() < kPieceBytes) {
      const std::optional<MemberFault> fault = members_->next(piece.storage);
      if (!fault) break;
      if (*fault != MemberFault::none) {
        piece.fault = fault;
        break;
      }
    }
    piece.bytes = as_text(piece.storage);
    return !piece.bytes.empty() || piece.fault;
  }

  bool next_plain(Piece& piece) {
    if (at_ >= text_.size()) return false;
    piece.offset = at_;
    const std::string_view rest = text_.substr(at_);
    // Records are read where they lie; a piece ends before one that begins after its length.
    std::size_t size = kPieceBytes;
    while (size < rest.size()) {
      const std::size_t next = rest.find("\r\n\r\nWARC/1.", size);
      if (next == std::string_view::npos) break;
      size = next + 4;
      piece.bytes = rest.substr(0, size);
      at_ += size;
      return true;
    }
    piece.bytes = rest;
    at_ = text_.size();
    return true;
  }

  MappedFile file_;
  std::string name_;
  std::string_view text_;
  std::optional<GzipMembers> members_;
  std::size_t at_ = 0;
};

class Extraction {
 public:
  explicit Extraction(const ExtractOptions& options)
      : options_(options),
        pool_(options.stage.threads),
        out_(options.out, existing_outputs(options.stage)) {
    if (!options.blocked_domains.empty()) rules_.domains = BlockedDomains(options.blocked_domains);
    if (!options.blocked_words.empty()) {
      const MatcherOptions rule{.fold_case = true, .space_entries = true};
      rules_.words = load_matcher(options.blocked_words, rule, report_.stage.notes);
    }
    if (!options.language_model.empty()) rules_.language = LanguageDetector(options.language_model);
    if (options.unique_memory > 0) seen_.emplace(options.unique_memory);
  }

  void read(const std::filesystem::path& path) {
    Archive archive(path);
    std::vector<Piece> pieces(4 * static_cast<std::size_t>(pool_.size()));
    std::vector<PagePictures> results(pieces.size());
    // One for each thread, since they remember words.
    std::vector<std::unique_ptr<PageReader>> readers(static_cast<std::size_t>(pool_.size()));
    for (auto& reader : readers) reader = std::make_unique<PageReader>(rules_, archive.name());
    while (true) {
      std::size_t count = 0;
      // Pieces are large where members are: fewer of them wait then.
      for (std::size_t size = 0; count < pieces.size() && size < kWaitingBytes; ++count) {
        if (!archive.next(pieces[count])) break;
        size += pieces[count].storage.size();
      }
      if (count == 0) break;
      std::atomic<std::size_t> next = 0;
      pool_.run(readers.size(), [&](std::size_t reader) {
        for (std::size_t i = next++; i < count; i = next++) {
          readers[reader]->read(pieces[i].bytes, pieces[i].offset, results[i]);
        }
      });
      for (std::size_t i = 0; i < count; ++i) take(pieces[i], results[i], archive.name());
      for (Piece& piece : pieces) {
        if (piece.storage.capacity() > kKeptRoom) piece.storage = {};
      }
      if (options_.stage.progress) options_.stage.progress(archive.position(), archive.size());
    }
  }

  ExtractReport finish() {
    if (report_.archive.written == 0 && !options_.stage.is_part) {
      fail(ErrorCode::invalid_argument,
           "archives: got {} records without a page, expected pages ({}){}", report_.archive.read,
           options_.inputs.front().string(), commonest_reason(report_.archive));
    }
    if (seen_) {
      report_.stage.notes.push_back(
          fmt::format("by the end one new picture in {:.3g} was taken for a known one",
                      1.0 / std::max(seen_->false_positives(), 1e-15)));
    }
    for (const auto& [doubt, of] : doubts_) {
      report_.stage.notes.push_back(
          fmt::format("kept: {} {} ({})", of.count, doubt, of.examples.front()));
    }
    out_.commit();
    return std::move(report_);
  }

 private:
  void take(const Piece& piece, PagePictures& result, const std::string& name) {
    if (piece.fault) {
      const bool is_large = *piece.fault == MemberFault::too_large;
      const std::string_view reason = is_large ? "gzip member over 256 MiB" : "damaged gzip member";
      ++report_.archive.read;
      count_under(report_.archive.dropped, reason, [&] {
        return fmt::format("{} ({}, after offset {})", reason, name, piece.offset);
      });
    }
    add(report_.archive, result.archive);
    add(report_.stage, result.stage);
    report_.texts += result.texts;
    for (const auto& [doubt, cases] : result.doubts) {
      const std::string& example = cases.examples.front();
      count_under(doubts_, doubt, cases.count, [&] { return example; });
    }
    report_.unpacked_bytes += piece.bytes.size();
    if (seen_) leave_out_known(result);
    out_.write(result.lines);
    report_.stage.written += result.pictures.size();
  }

  void leave_out_known(PagePictures& result) {
    std::string kept;
    std::size_t begin = 0;
    std::erase_if(result.pictures, [&](const PictureLine& picture) {
      const auto line = std::string_view(result.lines).substr(begin, picture.end - begin);
      begin = picture.end;
      const bool is_known = seen_->insert(picture.key_text());
      if (is_known) {
        count_under(report_.stage.left_out, "seen on an earlier page",
                    [&] { return fmt::format("seen on an earlier page: {}", picture.key_text()); });
      } else {
        kept += line;
      }
      return is_known;
    });
    result.lines = std::move(kept);
  }

  const ExtractOptions& options_;
  ThreadPool pool_;
  AtomicFile out_;
  PageRules rules_;
  std::optional<SeenFilter> seen_;
  ExtractReport report_;
  std::map<std::string, Dropped> doubts_;  ///< as PagePictures'
};

}  // namespace

ExtractReport extract_pairs(const ExtractOptions& options) {
  if (options.inputs.empty()) {
    fail(ErrorCode::invalid_argument, "archives: got none, expected WARC or WAT files");
  }
  check_text_output(options.out);
  check_output(options.out, options.stage, options.inputs);
  Extraction extraction(options);
  for (const std::filesystem::path& path : options.inputs) extraction.read(path);
  return extraction.finish();
}

}  // namespace diptych
