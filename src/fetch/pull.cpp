#include "fetch/pull.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/environment.h"
#include "base/error.h"
#include "base/folders.h"
#include "base/mapped_file.h"
#include "catalogue/cache.h"
#include "catalogue/shard_index.h"
#include "fetch/download.h"
#include "fetch/part_file.h"
#include "fetch/sha256.h"
#include "json/shard_index.h"

namespace diptych::fetch {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLocalPrefix = "local-dir:";
constexpr const char* kHub = "https://huggingface.co";
/// Of a config or tokenizer file; the largest known is 35 MB.
constexpr std::uint64_t kMostSideBytes = std::uint64_t{1} << 28;

bool is_local(const std::string& from) {
  return from.starts_with(kLocalPrefix);
}

/// The source that `from` asks for.
const ModelSource& choose_source(const ListedModel& model, const std::string& from) {
  const auto is_chosen = [&](const ModelSource& source) {
    return from.empty() || is_local(from) || (from == "url" && !source.url.empty()) ||
           (from == "huggingface" && !source.repository.empty());
  };
  const auto found = std::ranges::find_if(model.sources, is_chosen);
  if (found == model.sources.end()) {
    fail(ErrorCode::invalid_argument,
         "model {}: got --from {}, expected url or huggingface, of which it has {}, or "
         "local-dir:PATH",
         model.name, from, model.sources.front().url.empty() ? "huggingface" : "url");
  }
  return *found;
}

/// What a repository may hold besides weights that loading needs.
std::vector<std::string> side_files(const ListedModel& model, const ModelSource& source) {
  if (!source.url.empty() || !source.file.empty()) return {};
  std::vector<std::string> files = {"open_clip_config.json"};
  const bool listed = !model.family.empty();
  if (!listed) files.insert(files.end(), {"config.json", "preprocessor_config.json", "vocab.txt"});
  if (model.own_tokenizer) {
    files.insert(files.end(),
                 {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"});
  }
  return files;
}

std::string hub_address() {
  std::string address = environment("HF_ENDPOINT").value_or(kHub);
  while (address.ends_with('/')) address.pop_back();
  return address;
}

/// Pulls the files of one model from one source.
class Puller {
 public:
  Puller(const ListedModel& model, const PullOptions& options)
      : model_(model),
        options_(options),
        source_(choose_source(model, options.from)),
        folder_(catalogue::folder_of(model)) {
    make_folders(folder_);
  }

  /// The weights last: a model with weights is complete.
  PullResult pull() {
    PullResult result{.model = model_.name, .folder = folder_};
    for (const std::string& file : side_files(model_, source_)) {
      const ModelSource unknown;
      if (auto pulled = obtain(file, unknown, kMostSideBytes)) result.files.push_back(*pulled);
    }
    for (PulledFile& file : pull_weights()) result.files.push_back(std::move(file));
    return result;
  }

 private:
  std::vector<PulledFile> pull_weights() {
    const std::vector<std::string> names = catalogue::weight_files(source_);
    for (const std::string& name : names) {
      if (is_shard_index(name)) {
        if (auto pulled = pull_sharded(name)) return *std::move(pulled);
      } else if (const auto pulled = obtain(name, source_, 0)) {
        return {*pulled};
      }
    }
    fail(ErrorCode::not_found, "model {}: no {} in {}", model_.name, fmt::join(names, " nor "),
         is_local(options_.from)      ? options_.from.substr(kLocalPrefix.size())
         : source_.repository.empty() ? source_.url
                                      : hub_address() + "/" + source_.repository);
  }

  /// Weights in several files. Their index gets its name last; until then it says what to fetch.
  std::optional<std::vector<PulledFile>> pull_sharded(const std::string& index) {
    const ModelSource unknown;
    const fs::path pending = folder_ / (index + ".pending");
    std::error_code absent;
    fs::remove(pending, absent);
    auto listed = check_present(index, unknown);
    if (!listed) listed = fetch_or_copy(index, pending, unknown, kMostSideBytes);
    if (!listed) return std::nullopt;
    std::vector<PulledFile> files;
    for (const std::string& shard : catalogue::shards_of(listed->path)) {
      const auto pulled = obtain(shard, unknown, 0);
      if (!pulled)
        fail(ErrorCode::not_found, "model {}: {} lists {}, which is not there", model_.name, index,
             shard);
      files.push_back(*pulled);
    }
    if (listed->fetched) {
      fs::rename(pending, folder_ / index);
      listed->path = folder_ / index;
    }
    files.push_back(*listed);
    return files;
  }

  /// One file, wherever it is from; nothing where the source has none of that name.
  std::optional<PulledFile> obtain(const std::string& file, const ModelSource& known,
                                   std::uint64_t most_bytes) {
    if (auto present = check_present(file, known)) return present;
    return fetch_or_copy(file, folder_ / file, known, most_bytes);
  }

  std::optional<PulledFile> fetch_or_copy(const std::string& file, const fs::path& path,
                                          const ModelSource& known, std::uint64_t most_bytes) {
    const Download wanted{.url = address_of(file),
                          .token = source_.url.empty() ? environment("HF_TOKEN").value_or("") : "",
                          .path = path,
                          .sha256 = known.sha256,
                          .bytes = known.bytes_are_rounded ? 0 : known.bytes,
                          .most_bytes = most_bytes};
    if (is_local(options_.from)) return copy(file, wanted);
    return download(wanted, {.attempts = options_.attempts,
                             .stall_seconds = options_.stall_seconds,
                             .progress = options_.progress,
                             .note = options_.note});
  }

  std::string address_of(const std::string& file) const {
    if (!source_.url.empty()) return source_.url;
    return hub_address() + "/" + source_.repository + "/resolve/main/" + file;
  }

  /// A file that is there already, unless it is not what was published.
  std::optional<PulledFile> check_present(const std::string& file, const ModelSource& known) {
    const fs::path path = folder_ / file;
    std::error_code absent;
    if (!fs::is_regular_file(path, absent)) return std::nullopt;
    PulledFile present{.path = path, .bytes = fs::file_size(path, absent)};
    if (known.sha256.empty()) return present;
    present.sha256 = sha256_of(path, checking(file, present.bytes));
    present.check = PullCheck::published_hash;
    if (is_hash_of(known.sha256, present.sha256)) return present;
    if (options_.note) {
      options_.note(fmt::format("{}: got SHA-256 {}, expected {}; removed", path.string(),
                                present.sha256, known.sha256));
    }
    fs::remove(path, absent);
    return std::nullopt;
  }

  std::function<void(std::uint64_t)> checking(const std::string& file, std::uint64_t total) const {
    if (!options_.progress) return {};
    return [this, file, total](std::uint64_t done) {
      options_.progress(
          {.file = file, .phase = PullProgress::Phase::checking, .done = done, .total = total});
    };
  }

  /// From a folder with the files, or from one laid out as the cache is.
  std::optional<PulledFile> copy(const std::string& file, const Download& wanted) {
    const fs::path folder = options_.from.substr(kLocalPrefix.size());
    for (const fs::path& path : {folder / file, folder / model_.name / file}) {
      std::error_code absent;
      if (fs::is_regular_file(path, absent)) return copy_file(path, wanted);
    }
    return std::nullopt;
  }

  PulledFile copy_file(const fs::path& from, const Download& wanted) {
    const MappedFile file(from);
    if (wanted.bytes > 0 && file.bytes().size() != wanted.bytes) {
      fail(ErrorCode::corrupt_data, "{}: got {} bytes, expected {}", from.string(),
           file.bytes().size(), wanted.bytes);
    }
    PulledFile copied{.path = wanted.path, .bytes = file.bytes().size(), .fetched = true};
    copied.sha256 = sha256_of(from, checking(from.filename().string(), copied.bytes));
    if (!is_hash_of(wanted.sha256, copied.sha256)) {
      fail(ErrorCode::corrupt_data, "{}: got SHA-256 {}, expected {}", from.string(), copied.sha256,
           wanted.sha256);
    }
    copied.check = wanted.sha256.empty() ? PullCheck::size : PullCheck::published_hash;
    PartFile part(wanted.path);
    part.restart({});
    part.write(file.bytes());
    part.commit();
    return copied;
  }

  const ListedModel& model_;
  const PullOptions& options_;
  const ModelSource& source_;
  fs::path folder_;
};

}  // namespace

PullResult pull(const ListedModel& model, const PullOptions& options) {
  return Puller(model, options).pull();
}

}  // namespace diptych::fetch
