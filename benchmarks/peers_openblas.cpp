// OpenBLAS: linear layers as a product added to the bias, then ReLU.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <cblas.h>

#include "benchmarks/layer_row.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/suite.hpp"

namespace octavo::bench {
namespace {

class OpenBlasLayer : public Layer {
 public:
  OpenBlasLayer(const LayerShape& shape, std::size_t threads)
      : shape_(shape),
        threads_(static_cast<int>(threads)),
        data_(data_of(shape)),
        out_(element_count(shape.output())) {}

  double run() override {
    openblas_set_num_threads(threads_);
    return seconds([this] {
      for (auto row = out_.begin(); row != out_.end(); row += shape_.to) {
        std::ranges::copy(data_.bias, row);
      }
      multiply();
      for (float& y : out_) y = std::max(y, 0.0F);
    });
  }

  [[nodiscard]] std::vector<float> output() const override { return out_; }

  [[nodiscard]] std::string method() const override { return shape_.rows == 1 ? "sgemv" : "sgemm"; }

 private:
  void multiply() {
    const auto m = static_cast<blasint>(shape_.rows);
    const auto n = static_cast<blasint>(shape_.to);
    const auto k = static_cast<blasint>(shape_.from);
    const float* x = data_.input.data();
    const float* weights = data_.weights.data();
    if (m == 1) {
      cblas_sgemv(CblasRowMajor, CblasNoTrans, n, k, 1.0F, weights, k, x, 1, 1.0F, out_.data(), 1);
    } else {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0F, x, k, weights, k, 1.0F,
                  out_.data(), n);
    }
  }

  const LayerShape& shape_;
  int threads_;
  const LayerData& data_;
  std::vector<float> out_;
};

}  // namespace

void register_openblas() {
  benchmark::AddCustomContext("openblas", openblas_get_config());
  for (const LayerShape& shape : layer_shapes()) {
    if (!shape.is_linear()) continue;
    for (const std::size_t threads : thread_counts(shape)) {
      register_layer(shape, {"openblas", "float32", threads},
                     [&shape, threads] { return std::make_unique<OpenBlasLayer>(shape, threads); });
    }
  }
}

}  // namespace octavo::bench
