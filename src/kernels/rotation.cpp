#include "kernels/rotation.h"

#include "base/error.h"
#include "kernels/row_blocks.h"

namespace diptych::kernels {

void rotate_pairs(ConstMatrixView x, const float* cosines, const float* sines, int pairs,
                  std::span<const std::int32_t> positions, MatrixView out, ThreadPool& pool) {
  ensure(out.rows == x.rows && out.width == x.width && x.width % (2 * pairs) == 0 &&
             positions.size() == static_cast<std::size_t>(x.rows),
         "rotate_pairs: shapes fit");
  for_each_row(x.rows, 2 * x.width, pool, [&](int row) {
    const auto place = static_cast<std::size_t>(positions[static_cast<std::size_t>(row)]);
    const float* cosine = cosines + place * static_cast<std::size_t>(pairs);
    const float* sine = sines + place * static_cast<std::size_t>(pairs);
    for (int head = 0; head < x.width; head += 2 * pairs) {
      const float* from = x.row(row) + head;
      float* to = out.row(row) + head;
      for (int i = 0; i < pairs; ++i) {
        const float a = from[2 * i];
        const float b = from[2 * i + 1];
        to[2 * i] = a * cosine[i] - b * sine[i];
        to[2 * i + 1] = b * cosine[i] + a * sine[i];
      }
    }
  });
}

}  // namespace diptych::kernels
