#include "checkpoint/source/model_files.h"

#include <fmt/ranges.h>

#include <array>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "checkpoint/containers/foreign_file.h"

namespace diptych::checkpoint {
namespace {

/// Names that the families give their checkpoints, the preferred first: a hub folder of open_clip
/// often holds the Hugging Face form too.
constexpr auto kUsualNames = std::to_array<std::string_view>(
    {"open_clip_model.safetensors", "open_clip_model.safetensors.index.json",
     "open_clip_pytorch_model.bin", "model.safetensors", "model.safetensors.index.json",
     "pytorch_model.bin", "pytorch_model.bin.index.json", "latest.safetensors"});

/// Otherwise the only file with such an ending, group by group: pickles and TorchScript are always
/// checkpoints, the others may be something else beside one.
const std::array<std::vector<std::string_view>, 3> kEndings = {
    {{".pt", ".pth", ".bin"}, {".safetensors", ".gguf"}, {".npz"}}};

/// A folder of `diptych train` stands for its model, or before there is one, for its newest
/// checkpoint.
std::filesystem::path model_of_run(const std::filesystem::path& path) {
  std::error_code unknown;
  if (!std::filesystem::exists(path / "run.json", unknown)) return path;
  const bool finished = std::filesystem::exists(path / "model" / "diptych.json", unknown);
  return finished ? path / "model" : path / "checkpoints" / "latest.safetensors";
}

bool has_ending(const std::string& file, const std::vector<std::string_view>& endings) {
  for (const std::string_view ending : endings) {
    if (file.ends_with(ending)) return true;
  }
  return false;
}

}  // namespace

ModelFiles::ModelFiles(const std::filesystem::path& path, std::optional<KnownFacts> known,
                       StatedFacts stated)
    : name_(path.string()), known_(std::move(known)), stated_(stated) {
  const std::filesystem::path file_or_folder = model_of_run(path);
  std::error_code error;
  const auto status = std::filesystem::status(file_or_folder, error);
  if (!std::filesystem::exists(status))
    fail(ErrorCode::not_found, "no model at {}: no such file or folder", name_);
  const bool is_folder = std::filesystem::is_directory(status);
  folder_ = is_folder ? file_or_folder : file_or_folder.parent_path();
  if (!is_folder) chosen_ = file_or_folder.filename().string();
  const auto listed = folder_.empty() ? std::filesystem::path(".") : folder_;
  for (std::filesystem::directory_iterator i(listed, error), end; !error && i != end;
       i.increment(error)) {
    std::error_code ignored;
    if (i->is_regular_file(ignored)) files_.try_emplace(i->path().filename().string());
  }
  if (is_folder && error)
    fail(ErrorCode::io, "cannot read the folder {}: {}", name_, error.message());
  if (!is_folder) files_.try_emplace(chosen_);
}

ModelFiles::ModelFiles(std::span<const FileBytes> files, StatedFacts stated)
    : name_("a model in memory"), in_memory_(true), stated_(stated) {
  for (const FileBytes& file : files) files_.emplace(file.name, file);
}

std::string ModelFiles::path_of(const std::string& file) const {
  return in_memory_ ? file : (folder_ / file).string();
}

bool ModelFiles::contains(const std::string& file) const {
  return files_.contains(file);
}

FileBytes ModelFiles::open(const std::string& file) const {
  const auto found = files_.find(file);
  if (found == files_.end()) fail(ErrorCode::not_found, "no file {} in {}", file, name_);
  FileBytes source = in_memory_ ? found->second : map_file(path_of(file));
  if (const std::string_view foreign = foreign_content(source.bytes); !foreign.empty())
    fail(ErrorCode::unsupported, "got {} ({})", foreign, source.name);
  return source;
}

std::string ModelFiles::read_text(const std::string& file) const {
  const FileBytes source = open(file);
  return {reinterpret_cast<const char*>(source.bytes.data()), source.bytes.size()};
}

std::string ModelFiles::weights() const {
  if (!chosen_.empty()) return chosen_;
  for (const std::string_view usual : kUsualNames) {
    if (contains(std::string(usual))) return std::string(usual);
  }
  for (const auto& endings : kEndings) {
    std::vector<std::string> candidates;
    for (const auto& [file, source] : files_) {
      if (has_ending(file, endings)) candidates.push_back(file);
    }
    if (candidates.size() == 1) return candidates.front();
    if (candidates.size() > 1) {
      fail(ErrorCode::invalid_argument, "{} holds several checkpoints: name one of {}", name_,
           fmt::join(candidates, ", "));
    }
  }
  fail(ErrorCode::not_found,
       "{} holds no checkpoint: expected a .safetensors, .pt, .pth, .bin, .gguf or .npz file",
       name_);
}

Json read_json(const ModelFiles& files, const std::string& file) {
  const FileBytes source = files.open(file);
  return parse_json(source.bytes, source.name);
}

}  // namespace diptych::checkpoint
