// Who shares a packed model, in which order, on executors that compute nothing.
#include "engine/packed_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "engine/encoder.h"
#include "engine/random_model.h"
#include "support/wait_until.h"

namespace diptych {
namespace {

using testing::Contains;

/// What was computed, in order.
struct Record {
  std::mutex mutex;
  std::vector<std::string> batches;

  void add(const char* what) {
    const std::lock_guard lock(mutex);
    batches.emplace_back(what);
  }
  std::size_t size() {
    const std::lock_guard lock(mutex);
    return batches.size();
  }
};

class RecordingExecutor : public engine::Executor {
 public:
  RecordingExecutor(const network::Model& model, Record& record) : model_(model), record_(record) {}

  const network::Model& model() const override { return model_; }
  std::int64_t batch_floats() const override { return 17 * 300 * 10; }  // ten pictures
  std::unique_ptr<Executor> beside() const override { return nullptr; }
  void image_features(const network::Pixels&, std::span<float>) override {
    record_.add("pictures");
  }
  void text_features(const network::Tokens&, std::span<float>) override { record_.add("query"); }
  std::unique_ptr<engine::CaptionSteps> begin_captions(const network::Pixels&, int) override {
    return nullptr;
  }

 private:
  const network::Model& model_;
  Record& record_;
};

class SharedModel : public testing::Test {
 protected:
  void encode_bulk(const engine::Encoder::Progress& progress) {
    constexpr int kPictures = 5000;
    const std::vector<float> pixels(static_cast<std::size_t>(kPictures) * 3 * 28 * 28);
    engine::Encoder(packed_).encode_images({pixels.data(), kPictures, 28, 28}, progress);
  }
  void encode_query() { engine::Encoder(packed_).encode_texts(test::random_tokens({3}, 97, 1)); }

  const network::Model model_ = network::make_model(test::small_vit(network::Activation::gelu));
  Record record_;
  const std::shared_ptr<engine::PackedModel> packed_ = std::make_shared<engine::PackedModel>(
      std::make_unique<RecordingExecutor>(model_, record_), std::make_shared<ThreadPool>(1));
};

TEST_F(SharedModel, ServesAQueryAfterTheBatchThatIsComputed) {
  std::thread bulk;
  std::thread query;
  packed_->in_turn(engine::Turns::Size::large, [&](engine::Executor&) {
    bulk = std::thread([&] { encode_bulk({}); });
    test::wait_until([&] { return packed_->waiting() == 1; });
    query = std::thread([&] { encode_query(); });
    test::wait_until([&] { return packed_->waiting() == 2; });
  });
  query.join();
  bulk.join();
  EXPECT_EQ(record_.batches.size(), 501U);
  EXPECT_EQ(record_.batches.at(1), "query");
}

TEST_F(SharedModel, HasNoTurnWhileProgressIsReported) {
  bool is_first = true;
  encode_bulk([&](int) {
    if (!is_first) return;
    is_first = false;
    encode_query();
    std::thread([&] { encode_query(); }).join();
  });
  EXPECT_EQ(record_.batches.at(1), "query");
  EXPECT_EQ(record_.batches.at(2), "query");
}

}  // namespace
}  // namespace diptych
