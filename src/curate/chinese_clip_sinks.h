#pragma once

#include <filesystem>
#include <memory>

#include "curate/sample_sinks.h"

namespace diptych::curate {

// Both take samples with a picture. Pictures are numbered by their key where it is a number,
// otherwise by its hash; texts from 1.

/// Writes train_imgs.tsv and train_texts.jsonl, which appear when they are finished.
std::unique_ptr<SampleSink> make_chinese_clip_files(const std::filesystem::path& folder);

/// Writes the databases imgs/data.mdb and pairs/data.mdb, over those that are there.
std::unique_ptr<SampleSink> make_chinese_clip_databases(const std::filesystem::path& folder);

}  // namespace diptych::curate
