#pragma once

/// What a shard's scores are called after its name.
inline constexpr const char* kScoresEnding = ".scores.jsonl";
