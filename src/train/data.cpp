#include "train/data.h"

#include "base/error.h"

namespace diptych::train {

shards::Dataset open_dataset(const TrainOptions& options) {
  shards::DatasetOptions dataset_options;
  dataset_options.threads = options.workers;
  dataset_options.shard.separator = options.csv_separator;
  dataset_options.shard.image_key = options.csv_image_key;
  dataset_options.shard.caption_key = options.csv_caption_key;
  shards::Dataset dataset(options.train_data, dataset_options);
  if (dataset.size() < static_cast<std::size_t>(options.batch_size)) {
    fail(ErrorCode::invalid_argument,
         "train: batch-size: got {}, expected at most the {} usable samples of the data ({})",
         options.batch_size, dataset.size(), options.train_data);
  }
  return dataset;
}

LoaderOptions loader_options(const TrainOptions& options, const checkpoint::ModelFile& file) {
  return {.seed = options.seed,
          .batch_size = options.batch_size,
          .workers = options.workers,
          .captions = {.json_text_key = options.json_text_key, .json_group_key = options.group_key},
          .augmentation = options.augmentation,
          .random_background = options.random_background,
          .preprocessing = file.preprocessing};
}

}  // namespace diptych::train
