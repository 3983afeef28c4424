#include "apps/example_files.h"

#include <fmt/core.h>

#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "api/fixtures.h"
#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "checkpoint/containers/safetensors.h"
#include "diptych/arrays.h"
#include "diptych/convert.h"
#include "diptych/encoder.h"
#include "diptych/picture_files.h"
#include "diptych/reference.h"
#include "shards/shard_writer.h"
#include "support/support.h"

namespace diptych::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = R"({
  "embed_dim": 16,
  "vision_cfg": {"image_size": 16, "layers": 1, "width": 16, "head_width": 8, "patch_size": 8},
  "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
})";

/// A class each; their names without endings are the labels and class names.
const std::vector<std::string> kClasses = {"cat.jpg", "guitar.jpg", "rocket.png"};
/// What folders of pictures hold.
const std::vector<std::string> kPhotos = {"cat.jpg", "rocket.png"};

/// What other names stand for.
const std::map<std::string, std::string> kStandIns = {
    {"photo.jpg", "cat.jpg"}, {"picture.jpg", "cat.jpg"}, {"picture.png", "rocket.png"}};

fs::path examples() {
  return data_path("../../examples/pictures");
}

void write_pictures(const fs::path& folder) {
  fs::create_directories(folder / "examples");
  fs::create_directory_symlink(fs::canonical(examples()), folder / "examples/pictures");
  for (const auto& [name, original] : kStandIns) fs::copy(examples() / original, folder / name);
  for (const char* photos : {"photos", "backup"}) {
    fs::create_directory(folder / photos);
    for (const std::string& name : kPhotos) fs::copy(examples() / name, folder / photos / name);
  }
  // As many different ones as a calibration takes.
  const std::vector<fs::path> images = {data_path("images")};
  fs::create_directory(folder / "my-pictures");
  for (const fs::path& image : expand_folders(images))
    fs::copy(image, folder / "my-pictures" / image.filename());
  for (const std::string& name : kClasses) {
    for (const char* classes : {"val", "test-pictures"}) {
      const fs::path of_class = folder / classes / fs::path(name).stem();
      fs::create_directories(of_class);
      fs::copy(examples() / name, of_class / name);
    }
  }
}

void write_texts(const fs::path& folder) {
  std::string labels;
  std::string names;
  for (const std::string& picture : kClasses) {
    const std::string word = fs::path(picture).stem();
    labels += word + "\n";
    names += word + "\t" + word + "\n";
  }
  write_file(folder / "labels.txt", labels);
  write_file(folder / "names.txt", names);
  write_file(folder / "captions.txt", "a cat on a sofa\na guitar\n");
}

/// What the stages of a curation read and write.
void write_curation(const fs::path& folder) {
  const std::string page =
      "HTTP/1.1 200 OK\r\n\r\n<img src=\"cat.jpg\" alt=\"a cat\"><img src=\"b.jpg\" "
      "alt=\"casino\">";
  write_file(folder / "pages.warc",
             fmt::format("WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://site.org/\r\n"
                         "Content-Length: {}\r\n\r\n{}\r\n\r\n",
                         page.size(), page));
  write_file(folder / "words.txt", "casino\n");
  write_file(folder / "domains.txt", "bad.org\n");
  write_file(folder / "queries.txt", "cat\nguitar\n");
  write_file(folder / "dump.xml",
             "<mediawiki><page><title>Cat</title><ns>0</ns><text>The cat is a cat.</text></page>");
  write_file(folder / "queries-zh.txt", "猫\n");
  write_file(folder / "texts.jsonl",
             "{\"key\": \"1\", \"text\": \"a cat\"}\n{\"key\": \"2\", \"text\": \"a guitar\"}\n");
  write_file(folder / "matches.jsonl", "{\"key\": \"1\", \"text\": \"a cat\", \"matches\": [0]}\n");
  write_file(folder / "counts.json", "[1, 0]\n");
}

/// Two pairs as files, as a table and as shards.
void write_pairs(const fs::path& folder) {
  fs::create_directory(folder / "pairs");
  shards::ShardWriter writer(folder / "web", {.samples_per_shard = 1});
  std::string table = "filepath,title\n";
  for (const std::string& name : kPhotos) {
    const std::string key = fs::path(name).stem();
    const std::string caption = "a " + key;
    fs::copy(examples() / name, folder / "pairs" / name);
    write_file(folder / "pairs" / (key + ".txt"), caption);
    table += fmt::format("pairs/{},{}\n", name, caption);
    const std::string picture = read_text_file(examples() / name);
    writer.add(key, {{name.substr(name.find('.') + 1), std::as_bytes(std::span(picture))},
                     {"txt", std::as_bytes(std::span(caption))}});
  }
  writer.finish();
  write_file(folder / "train.csv", table);
  write_file(folder / "good.txt", fs::path(kPhotos.front()).stem().string() + "\n");
  fs::copy(folder / "web/000000.tar", folder / "large.tar");
  fs::copy(folder / "web/000000.tar", folder / "eval.tar");
}

/// A copy of a model with every number of its weights moved.
void write_shifted(const fs::path& model, const fs::path& folder, float shift) {
  fs::copy(model, folder);
  TensorMap moved;
  const TensorMap tensors = checkpoint::read_safetensors(model / "model.safetensors");
  for (const auto& [name, view] : tensors.tensors) {
    std::vector<float> values = to_floats(view);
    for (float& value : values) value += shift;
    moved.add(name, TensorBuffer(view.shape, values));
  }
  checkpoint::write_safetensors(folder / "model.safetensors", moved);
}

/// ViT-B-32.pt, an OpenAI checkpoint, and tensors with what it computes from them.
void write_models(const fs::path& folder) {
  write_tiny_clip_model(folder / "clip");
  const Model model = Model::load((folder / "clip").string());
  convert_model(model, folder / "openai", {.format = "openai"});
  fs::rename(folder / "openai/model.pt", folder / "ViT-B-32.pt");
  float shift = 0.0F;
  for (const char* name : {"zero-shot", "fine-tuned", "run-1", "run-2", "run-3"})
    write_shifted(folder / "clip", folder / name, shift += 0.01F);
  const Encoder encoder(Model::load((folder / "ViT-B-32.pt").string()));
  const auto size = static_cast<std::int64_t>(encoder.model().info().image_size);
  const std::vector<float> pixels(static_cast<std::size_t>(3 * size * size), 0.25F);
  Arrays arrays = {{"pixels", {{1, 3, size, size}, pixels}},
                   {"tokens", {{1, 4}, std::vector<std::int32_t>{49406, 320, 2368, 49407}}}};
  write_arrays(folder / "inputs.safetensors", arrays);
  arrays.merge(encode_arrays(encoder, arrays));
  write_arrays(folder / "io.safetensors", arrays);
  fs::copy(data_path("open_clip_coca_captions"), folder / "laion_coca");
}

/// A hundred shards of a few pairs, and two ways to say what to train on them.
void write_training_data(const fs::path& folder) {
  shards::ShardWriter writer(folder / "shards", {.samples_per_shard = 3});
  write_picture(folder / "small.bmp", 255, 0, 0);
  const std::string picture = read_text_file(folder / "small.bmp");
  for (int i = 0; i < 300; ++i) {
    const std::string caption = fmt::format("cat number {}", i);
    writer.add(fmt::format("{:05}", i), {{"bmp", std::as_bytes(std::span(picture))},
                                         {"txt", std::as_bytes(std::span(caption))}});
  }
  writer.finish();
  for (int i = 0; i < 100; ++i) {
    fs::rename(folder / "shards" / fmt::format("{:06}.tar", i),
               folder / "shards" / fmt::format("{:03}.tar", i));
  }
  write_file(folder / "ViT-B-32.json", kConfig);
  write_file(folder / "run.toml",
             "train-data = \"shards/{000..003}.tar\"\nmodel = \"ViT-B-32.json\"\nbatch-size = 4\n"
             "epochs = 1\nwarmup = 1\n");
}

}  // namespace

void write_example_files(const fs::path& folder) {
  write_pictures(folder);
  write_texts(folder);
  write_curation(folder);
  write_pairs(folder);
  write_models(folder);
  write_training_data(folder);
}

std::set<std::string> right_labels(const fs::path& picture) {
  const auto stand_in = kStandIns.find(picture.filename());
  const std::string original =
      stand_in == kStandIns.end() ? picture.filename().string() : stand_in->second;
  std::istringstream lines(read_text_file(examples() / "labels.tsv"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::set<std::string> labels;
    std::string name;
    std::getline(fields, name, '\t');
    for (std::string label; std::getline(fields, label, '\t');) labels.insert(label);
    if (name == original) return labels;
  }
  throw std::runtime_error("no right label for " + picture.string());
}

}  // namespace diptych::test
