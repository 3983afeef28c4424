#include "kernels/elementwise.h"

#include "base/error.h"
#include "kernels/row_blocks.h"

namespace diptych::kernels {

void add(ConstMatrixView a, ConstMatrixView b, MatrixView out, ThreadPool& pool) {
  ensure(a.rows == b.rows && a.width == b.width && out.rows == a.rows && out.width == a.width,
         "add: shapes fit");
  for_each_row(a.rows, a.width, pool, [&](int row) {
    const float* x = a.row(row);
    const float* y = b.row(row);
    float* sum = out.row(row);
    for (int i = 0; i < a.width; ++i) sum[i] = x[i] + y[i];
  });
}

void multiply(ConstMatrixView a, ConstMatrixView b, MatrixView out, ThreadPool& pool) {
  ensure(a.rows == b.rows && a.width == b.width && out.rows == a.rows && out.width == a.width,
         "multiply: shapes fit");
  for_each_row(a.rows, a.width, pool, [&](int row) {
    const float* x = a.row(row);
    const float* y = b.row(row);
    float* product = out.row(row);
    for (int i = 0; i < a.width; ++i) product[i] = x[i] * y[i];
  });
}

void scale_columns(ConstMatrixView x, const float* factors, MatrixView out, ThreadPool& pool) {
  ensure(out.rows == x.rows && out.width == x.width, "scale_columns: shapes fit");
  for_each_row(x.rows, x.width, pool, [&](int row) {
    const float* from = x.row(row);
    float* to = out.row(row);
    for (int i = 0; i < x.width; ++i) to[i] = from[i] * factors[i];
  });
}

}  // namespace diptych::kernels
