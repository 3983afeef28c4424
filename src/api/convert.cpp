#include "diptych/convert.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/model_implementation.h"
#include "api/model_name.h"
#include "api/quantised_model.h"
#include "api/weight_check.h"
#include "base/append.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folders.h"
#include "checkpoint/configs/diptych_json.h"
#include "checkpoint/export_model.h"
#include "checkpoint/model_folder.h"
#include "diptych/encoder.h"
#include "diptych/output_file.h"
#include "engine/stored_panels.h"

namespace diptych {
namespace {

using checkpoint::ExportFormat;
using checkpoint::ReferenceEmbeddings;

/// Side of the reference picture: small in a JSON file, and resized like any other.
constexpr int kPictureSide = 8;

/// What a folder's weights are in; those of int8 that are not in eight bits are in bfloat16.
DType dtype_of(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return DType::float32;
    case Precision::fp16:
      return DType::float16;
    case Precision::bf16:
    case Precision::int8:
      return DType::bfloat16;
    case Precision::automatic:
    case Precision::int8w:
      break;
  }
  fail(ErrorCode::invalid_argument, "convert: dtype: got {}, expected fp32, fp16, bf16 or int8",
       name(precision));
}

/// Every channel rises in another direction, so that swapped channels or axes are noticed.
Image reference_picture() {
  Image picture{.width = kPictureSide, .height = kPictureSide};
  for (int y = 0; y < kPictureSide; ++y) {
    for (int x = 0; x < kPictureSide; ++x) {
      for (const int level : {x, y, kPictureSide - 1 - x}) {
        picture.rgb.push_back(static_cast<std::uint8_t>(level * 255 / (kPictureSide - 1)));
      }
    }
  }
  return picture;
}

std::vector<float> row_of(const Matrix& matrix, std::size_t row) {
  const auto values = matrix.row(row);
  return {values.begin(), values.end()};
}

ReferenceEmbeddings compute_references(const Encoder& encoder) {
  ReferenceEmbeddings references{.picture = reference_picture()};
  const std::vector<std::string> texts = {"A photo of a cat", "一只猫的照片"};
  const Matrix embeddings = encoder.encode_texts(texts).all();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    references.texts.push_back({texts[i], row_of(embeddings, i)});
  }
  const std::span<const Image> picture(&references.picture, 1);
  references.picture_embedding = row_of(encoder.encode_images(picture).all(), 0);
  return references;
}

/// Writing streams, but references take a model that is packed in float32.
bool fits_in_memory(const checkpoint::ModelFile& file) {
  const auto memory = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::uint64_t packed = 0;
  for (const auto& [name, view] : file.weights.tensors)
    packed += static_cast<std::uint64_t>(view.count()) * sizeof(float);
  return packed < memory;
}

/// Writing into the folder that a model came from would replace or mix its own files.
void refuse_source(const std::string& name, const std::filesystem::path& folder) {
  if (api::names_embedded_model(name)) return;
  std::error_code error;
  const std::filesystem::path source = api::model_path(name);
  const bool is_folder = std::filesystem::is_directory(source, error);
  const auto from = std::filesystem::weakly_canonical(
      is_folder ? source : std::filesystem::absolute(source).parent_path(), error);
  const auto to = std::filesystem::weakly_canonical(folder, error);
  if (from != to) return;
  fail(ErrorCode::invalid_argument,
       "convert: got the folder of the model itself to write into, expected another ({})",
       folder.string());
}

/// The folder that a model is written into, for one process at a time: two would mix their files.
/// One that was made for it and stayed empty goes again.
class ClaimedFolder {
 public:
  explicit ClaimedFolder(const std::filesystem::path& folder)
      : folder_(folder), made_(make_folders(folder)) {
    descriptor_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor_ < 0)
      fail(ErrorCode::io, "cannot open the folder {}: {}", folder.string(), std::strerror(errno));
    // Some network file systems have no locks; nobody is refused there.
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    ::close(descriptor_);
    fail(ErrorCode::io, "convert: another process writes into the folder {}", folder.string());
  }
  ~ClaimedFolder() {
    std::error_code not_empty;
    if (made_) std::filesystem::remove(folder_, not_empty);
    ::close(descriptor_);
  }
  ClaimedFolder(const ClaimedFolder&) = delete;
  ClaimedFolder& operator=(const ClaimedFolder&) = delete;

 private:
  std::filesystem::path folder_;
  bool made_ = false;
  int descriptor_ = -1;
};

/// Eight bits are for the model's own form.
void refuse_quantised(ExportFormat format) {
  if (format == ExportFormat::diptych) return;
  fail(ErrorCode::invalid_argument,
       "convert: dtype: got int8 for another program's form, expected fp32, fp16 or bf16, or "
       "diptych's own form");
}

void refuse_packed(ExportFormat format, Precision precision) {
  if (format == ExportFormat::diptych && precision == Precision::fp32) return;
  fail(ErrorCode::invalid_argument,
       "convert: packed: got another program's form or {}, expected diptych's own form in fp32",
       name(precision));
}

constexpr const char* kNoPlaceForWords =
    "name and licence are for diptych's own form, and not written.";
constexpr const char* kFromEightBits =
    "the model's weights are of eight bits: what they lost is not regained by a wider form.";

float checked_fits_from(float cosine, ExportFormat format) {
  if (format != ExportFormat::diptych) {
    fail(ErrorCode::invalid_argument,
         "convert: got a cosine from which on labels fit for a form that cannot say it, expected "
         "diptych's own");
  }
  if (cosine > -1.0F && cosine < 1.0F) return cosine;
  fail(ErrorCode::invalid_argument,
       "convert: fits_from: got {}, expected a cosine between -1 and 1", cosine);
}

/// The files of a folder that is written into again.
class EarlierFiles {
 public:
  /// Throws Error(invalid_argument) where another model's weights would stay beside those called
  /// `weights`: a reader might take them.
  EarlierFiles(const std::filesystem::path& folder, std::string_view weights) : folder_(folder) {
    constexpr auto kOfWeights = std::to_array<std::string_view>(
        {".safetensors", ".pt", ".pth", ".bin", ".gguf", ".npz", ".index.json"});
    for (const std::filesystem::directory_entry& entry : entries_of(folder)) {
      std::error_code unknown;
      if (!entry.is_regular_file(unknown)) continue;
      const std::string name = entry.path().filename().string();
      const auto ends_so = [&](std::string_view ending) { return name.ends_with(ending); };
      if (name != weights && std::ranges::any_of(kOfWeights, ends_so)) {
        fail(ErrorCode::invalid_argument,
             "convert: got a folder with another model's {}, which a reader might take instead of "
             "what is written, expected another folder ({})",
             name, folder.string());
      }
      constexpr auto kOfModels =
          std::to_array<std::string_view>({".json", ".txt", ".model", ".bpe"});
      if (std::ranges::any_of(kOfModels, ends_so))
        times_.emplace(name, entry.last_write_time(unknown));
    }
  }

  /// Names those that were not written anew.
  std::vector<std::string> notes() const {
    std::vector<std::string> left;
    for (const auto& [name, time] : times_) {
      std::error_code unknown;
      if (std::filesystem::last_write_time(folder_ / name, unknown) == time) left.push_back(name);
    }
    if (left.empty()) return {};
    return {
        fmt::format("files that were in the folder are left as they are, and a reader may take "
                    "them for the model's: {}",
                    fmt::join(left, ", "))};
  }

 private:
  std::filesystem::path folder_;
  std::map<std::string, std::filesystem::file_time_type> times_;
};

std::vector<std::string> write_converted(const Model& model, const std::filesystem::path& folder,
                                         const ConvertOptions& options, ExportFormat format) {
  const bool is_quantised = options.dtype == Precision::int8;
  const DType dtype = dtype_of(options.dtype);
  checkpoint::ModelFile file = model.implementation().file;
  std::vector<std::string> notes = api::check_weights(model.implementation());
  const bool is_described = !options.name.empty() || !options.licence.empty();
  if (is_described && format != ExportFormat::diptych) notes.emplace_back(kNoPlaceForWords);
  if (!options.name.empty()) file.provenance.name = options.name;
  if (!options.licence.empty()) file.provenance.licence = options.licence;
  if (options.fits_from != 0.0F) file.fits_from = checked_fits_from(options.fits_from, format);
  file.references.reset();
  const bool was_quantised = !file.quantisation.layers.empty();
  if (is_quantised && was_quantised) {
    fail(ErrorCode::invalid_argument,
         "convert: int8: got a model of eight bits already, expected the one that it was made from "
         "({})",
         model.info().name);
  }
  if (is_quantised) {
    diptych::append(notes, api::write_quantised(model, folder, options.calibration, file));
    return notes;
  }
  file.quantisation = {};
  file.quantisation_loss.reset();
  if (options.packed) {
    const network::Model& network = model.implementation().network;
    checkpoint::save_packed_folder(folder, file, engine::weights_in_panels(network),
                                   engine::panel_width());
  } else {
    diptych::append(notes, checkpoint::export_model(folder, file, format, dtype));
  }
  if (was_quantised) notes.emplace_back(kFromEightBits);
  if (format != ExportFormat::diptych || model.info().tokenizer == "none") return notes;
  if (!model.info().has_image_tower) return notes;
  if (!fits_in_memory(file)) return notes;
  file.references = compute_references(Encoder(Model::load(folder.string())));
  write_file(folder / checkpoint::kDiptychJson,
             checkpoint::write_diptych_json(file).dump(1) + "\n");
  return notes;
}

}  // namespace

std::vector<std::string> convert_model(const Model& model, const std::filesystem::path& folder,
                                       const ConvertOptions& options) {
  const ExportFormat format = checkpoint::export_format(options.format);
  if (options.dtype == Precision::int8) refuse_quantised(format);
  if (options.packed) refuse_packed(format, options.dtype);
  for (const std::string& source : model.implementation().sources) refuse_source(source, folder);
  refuse_file_name(folder);
  const ClaimedFolder claimed(folder);
  if (!options.overwrite) refuse_earlier_result(folder);
  const EarlierFiles earlier(folder, checkpoint::weights_file(format));
  std::vector<std::string> notes = write_converted(model, folder, options, format);
  diptych::append(notes, earlier.notes());
  return notes;
}

}  // namespace diptych
