#include "shards/shard.h"

#include <utility>

namespace diptych::shards {

void Problems::add_message(std::string message) {
  if (messages.size() < kMaxMessages) messages.push_back(std::move(message));
}

void Problems::add(const Problems& other) {
  damaged_shards += other.damaged_shards;
  bad_rows += other.bad_rows;
  without_image += other.without_image;
  without_caption += other.without_caption;
  for (const std::string& message : other.messages) add_message(message);
}

}  // namespace diptych::shards
