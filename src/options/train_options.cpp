#include "diptych/train_options.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "options/option.h"
#include "options/resume_options.h"

namespace diptych {
namespace {

using options::find;
using options::Option;
using options::table;

void require_text(const std::string& value, std::string_view option, std::string_view expected) {
  if (value.empty())
    fail(ErrorCode::invalid_argument, "train: {}: got nothing, expected {}", option, expected);
}

/// The name of a folder in `logs`, and nowhere else.
void check_name(const std::string& name) {
  const bool fits = !name.empty() && name != "." && name != ".." && is_utf8(name) &&
                    std::ranges::none_of(name, [](char c) {
                      return c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                    });
  if (!fits) {
    fail(ErrorCode::invalid_argument,
         "train: name: got '{}', expected the name of a folder in logs, in UTF-8, without '/'",
         name);
  }
}

void check_order(std::string_view what, double least, double largest) {
  if (least <= largest) return;
  fail(ErrorCode::invalid_argument,
       "train: aug-min-{0}: got {1}, expected at most aug-max-{0}'s {2}", what, least, largest);
}

void check_orders(const AugmentOptions& augmentation) {
  check_order("scale", augmentation.min_scale, augmentation.max_scale);
  check_order("ratio", augmentation.min_ratio, augmentation.max_ratio);
  check_order("blur", augmentation.min_blur, augmentation.max_blur);
  check_order("erase-scale", augmentation.min_erase_scale, augmentation.max_erase_scale);
  check_order("erase-ratio", augmentation.min_erase_ratio, augmentation.max_erase_ratio);
}

/// Of one pair the contrastive loss is 0, whatever the model.
void check_batch(const TrainOptions& options) {
  if (options.batch_size > 1 || options.siglip) return;
  fail(ErrorCode::invalid_argument,
       "train: batch-size: got {}, expected at least 2: one pair has no negatives, so that nothing "
       "would be learnt",
       options.batch_size);
}

void check_overwrite(const TrainOptions& options) {
  if (!options.overwrite || (options.resume != "latest" && options.resume != "auto")) return;
  fail(ErrorCode::invalid_argument,
       "train: overwrite: got it with --resume {}, which goes on with what it would remove",
       options.resume);
}

}  // namespace

const std::vector<TrainOptionInfo>& train_option_infos() {
  static const std::vector<TrainOptionInfo> infos = [] {
    std::vector<TrainOptionInfo> all;
    for (const Option& option : table()) {
      all.push_back(
          {option.name, option.heading, option.meaning, option.accepted(), option.is_switch()});
    }
    return all;
  }();
  return infos;
}

std::string train_option(const TrainOptions& options, std::string_view name) {
  return find(name).text(options);
}

void set_train_option(TrainOptions& options, std::string_view name, std::string_view text) {
  find(name).set(options, text);
}

void check_train_options(const TrainOptions& options) {
  for (const Option& option : table()) option.check(options);
  require_text(options.train_data, "train-data", "shards or a table");
  require_text(options.model, "model", "a config or a model");
  require_text(options.logs.string(), "logs", "a folder");
  require_text(options.device, "device", "cpu, cuda, cuda:1, ...");
  check_name(options.name);
  check_orders(options.augmentation);
  check_batch(options);
  check_overwrite(options);
  options::check_allowed_changes(options);
}

}  // namespace diptych
