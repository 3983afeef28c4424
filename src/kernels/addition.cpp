#include "kernels/addition.h"

#include "base/error.h"
#include "kernels/row_blocks.h"

namespace diptych::kernels {

void add(ConstMatrix a, ConstMatrix b, Matrix out, ThreadPool& pool) {
  ensure(a.rows == b.rows && a.width == b.width && out.rows == a.rows && out.width == a.width,
         "add: shapes fit");
  for_each_row(a.rows, a.width, pool, [&](int row) {
    const float* x = a.row(row);
    const float* y = b.row(row);
    float* sum = out.row(row);
    for (int i = 0; i < a.width; ++i) sum[i] = x[i] + y[i];
  });
}

}  // namespace diptych::kernels
