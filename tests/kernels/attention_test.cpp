#include "kernels/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/every_isa.h"
#include "kernels/test_matrix.h"
#include "support/support.h"

namespace diptych {
namespace {

using test::TestMatrix;

std::vector<std::int32_t> offsets_of(const std::vector<int>& lengths) {
  std::vector<std::int32_t> offsets = {0};
  for (const int length : lengths) offsets.push_back(offsets.back() + length);
  return offsets;
}

struct Attention {
  int heads;
  int width;
  bool causal;
  std::vector<std::int32_t> query_offsets;
  std::vector<std::int32_t> key_offsets;
  std::vector<std::int32_t> key_rows;
  TestMatrix query;
  TestMatrix key;
  TestMatrix value;

  Attention(int heads, int head_width, bool causal, const std::vector<int>& queries,
            const std::vector<int>& keys)
      : heads(heads),
        width(head_width),
        causal(causal),
        query_offsets(offsets_of(queries)),
        key_offsets(offsets_of(keys)),
        query(TestMatrix::random(query_offsets.back(), heads * head_width, 1)),
        key(TestMatrix::random(key_offsets.back(), heads * head_width, 2)),
        value(TestMatrix::random(key_offsets.back(), heads * head_width, 3)) {}

  TestMatrix compute(int threads) const {
    ThreadPool pool(threads);
    TestMatrix out(query.rows(), query.width(), 0);
    kernels::attention(query.view(), key.view(), value.view(), heads, pattern(), out.view(), pool);
    return out;
  }

  kernels::AttentionPattern pattern() const {
    return {.queries = query_offsets, .keys = key_offsets, .key_rows = key_rows, .causal = causal};
  }

  int key_row(int k) const { return key_rows.empty() ? k : key_rows[static_cast<std::size_t>(k)]; }

  double expected(int row, int first_key, int keys, int column) const {
    const int first_column = column / width * width;
    double sum = 0.0;
    double mixed = 0.0;
    for (int i = first_key; i < first_key + keys; ++i) {
      const int k = key_row(i);
      double score = 0.0;
      for (int c = first_column; c < first_column + width; ++c)
        score += static_cast<double>(query.at(row, c)) * key.at(k, c);
      const double weight = std::exp(score / std::sqrt(width));
      sum += weight;
      mixed += weight * value.at(k, column);
    }
    return mixed / sum;
  }

  void expect_near_oracle(const TestMatrix& out) const {
    for (std::size_t i = 0; i + 1 < query_offsets.size(); ++i) {
      const int keys = key_offsets[i + 1] - key_offsets[i];
      const int before = std::max(keys - (query_offsets[i + 1] - query_offsets[i]), 0);
      for (int row = query_offsets[i]; row < query_offsets[i + 1]; ++row) {
        const int visible = causal ? std::min(before + row - query_offsets[i] + 1, keys) : keys;
        std::vector<float> wanted;
        for (int c = 0; c < query.width(); ++c)
          wanted.push_back(static_cast<float>(expected(row, key_offsets[i], visible, c)));
        const std::span<const float> got(out.view().row(row), wanted.size());
        ASSERT_LE(test::relative_error(got, wanted), test::kFeatureTolerance)
            << "sequence " << i << ", row " << row;
      }
    }
  }
};

TEST(AttentionTest, AgreesWithTheDefinitionForEveryHeadWidth) {
  test::with_every_isa([] {
    for (const int width : {1, 32, 64, 80, 88, 104, 128}) {
      const std::vector<int> lengths = {1, 50, 31, 33};
      const Attention full(2, width, false, lengths, lengths);
      full.expect_near_oracle(full.compute(2));
      const Attention causal(2, width, true, lengths, lengths);
      causal.expect_near_oracle(causal.compute(2));
    }
  });
}

TEST(AttentionTest, TakesMoreQueriesThanOneBlockAndOtherKeysThanQueries) {
  test::with_every_isa([] {
    const Attention full(3, 20, false, {100, 1, 1, 49}, {7, 64, 130, 48});
    full.expect_near_oracle(full.compute(2));
    const Attention causal(1, 64, true, {145}, {145});
    causal.expect_near_oracle(causal.compute(1));
    const Attention fewer_keys(2, 24, true, {97, 2, 50, 49}, {96, 1, 20, 49});
    fewer_keys.expect_near_oracle(fewer_keys.compute(2));
  });
}

TEST(AttentionTest, UnderACausalMaskQueriesAreTheLastOfMoreKeys) {
  test::with_every_isa([] {
    const Attention attention(2, 24, true, {3, 60, 1}, {40, 130, 9});
    attention.expect_near_oracle(attention.compute(2));
  });
}

/// Two sequences that share their first forty keys, which lie elsewhere, and one with none of its
/// own.
TEST(AttentionTest, TakesKeysFromWhereTheyLie) {
  test::with_every_isa([] {
    for (const bool causal : {false, true}) {
      Attention attention(2, 24, causal, {5, 8, 3}, {45, 48, 40});
      for (int i = 0; i < 133; ++i) attention.key_rows.push_back(i);
      for (int i = 0; i < 40; ++i) {
        attention.key_rows[static_cast<std::size_t>(i)] = 132 - 2 * i;
        attention.key_rows[static_cast<std::size_t>(45 + i)] = 132 - 2 * i;
      }
      attention.expect_near_oracle(attention.compute(2));
    }
  });
}

/// A prefix that two sequences share gives them what it gives when each has its own, to the bit.
TEST(AttentionTest, ASharedPrefixGivesTheSameBits) {
  const Attention whole(2, 24, true, {60, 75}, {60, 75});
  Attention shared(2, 24, true, {50, 10, 25}, {50, 60, 75});
  shared.key = whole.key;
  shared.value = whole.value;
  const auto add = [&shared](int first, int last) {
    for (int row = first; row < last; ++row) shared.key_rows.push_back(row);
  };
  add(0, 50);
  add(0, 60);
  add(0, 50);
  add(110, 135);
  // Of the second sequence the queries and keys of its first fifty rows are the first's.
  Attention unshared = whole;
  for (int row = 0; row < 50; ++row) {
    for (int i = 0; i < 48; ++i) {
      unshared.query.at(60 + row, i) = whole.query.at(row, i);
      unshared.key.at(60 + row, i) = whole.key.at(row, i);
      unshared.value.at(60 + row, i) = whole.value.at(row, i);
    }
  }
  std::vector<int> queries(60);
  std::iota(queries.begin(), queries.end(), 0);
  for (int row = 110; row < 135; ++row) queries.push_back(row);
  for (int row = 0; row < 85; ++row) {
    for (int i = 0; i < 48; ++i)
      shared.query.at(row, i) = whole.query.at(queries[static_cast<std::size_t>(row)], i);
  }
  test::with_every_isa([&] {
    const TestMatrix expected = unshared.compute(1);
    const TestMatrix got = shared.compute(2);
    for (int row = 0; row < 85; ++row)
      ASSERT_TRUE(std::equal(got.view().row(row), got.view().row(row) + 48,
                             expected.view().row(queries[static_cast<std::size_t>(row)])))
          << row;
  });
}

/// A key whose score has the logarithm of three added counts as three of it.
TEST(AttentionTest, ABiasCountsAKeySoOften) {
  test::with_every_isa([] {
    Attention often(2, 24, false, {70, 3}, {40, 9});
    std::vector<float> bias;
    Attention once = often;
    often.key_offsets = {0};
    for (std::size_t sequence = 0; sequence < 2; ++sequence) {
      for (int k = once.key_offsets[sequence]; k < once.key_offsets[sequence + 1]; ++k) {
        const int times = 1 + k % 3;
        bias.push_back(std::log(static_cast<float>(times)));
        for (int i = 0; i < times; ++i) often.key_rows.push_back(k);
      }
      often.key_offsets.push_back(static_cast<std::int32_t>(often.key_rows.size()));
    }
    kernels::AttentionPattern pattern = once.pattern();
    pattern.key_bias = bias;
    ThreadPool pool(2);
    TestMatrix out(once.query.rows(), once.query.width(), 0);
    kernels::attention(once.query.view(), once.key.view(), once.value.view(), once.heads, pattern,
                       out.view(), pool);
    often.expect_near_oracle(out);
  });
}

TEST(AttentionTest, StaysFiniteForLargeScores) {
  Attention attention(1, 32, false, {3}, {40});
  for (int row = 0; row < 3; ++row) {
    for (int i = 0; i < 32; ++i) attention.query.at(row, i) *= 1e4F;
  }
  test::with_every_isa([&] {
    const TestMatrix out = attention.compute(1);
    for (int row = 0; row < 3; ++row) {
      for (int i = 0; i < 32; ++i) EXPECT_TRUE(std::isfinite(out.at(row, i)));
    }
  });
}

TEST(AttentionTest, GivesASequenceTheSameBitsWhateverComesBeforeIt) {
  const Attention batch(2, 24, true, {9, 60, 17}, {9, 60, 17});
  test::with_every_isa([&] {
    const TestMatrix together = batch.compute(3);
    Attention last(2, 24, true, {17}, {17});
    for (int row = 0; row < 17; ++row) {
      for (int i = 0; i < 48; ++i) {
        last.query.at(row, i) = batch.query.at(69 + row, i);
        last.key.at(row, i) = batch.key.at(69 + row, i);
        last.value.at(row, i) = batch.value.at(69 + row, i);
      }
    }
    const TestMatrix alone = last.compute(1);
    for (int row = 0; row < 17; ++row)
      ASSERT_TRUE(std::equal(alone.view().row(row), alone.view().row(row) + 48,
                             together.view().row(69 + row)));
  });
}

}  // namespace
}  // namespace diptych
