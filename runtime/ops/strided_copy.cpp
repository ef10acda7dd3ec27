#include "runtime/ops/strided_copy.hpp"

#include <algorithm>

#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

template <class T>
class StridedCopyStep final : public Step {
 public:
  StridedCopyStep(CopyLoops loops, std::int64_t start) : loops_(std::move(loops)), start_(start) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const T* in = memory.input<T>(0) + start_;
    T* out = memory.output<T>(0);
    const std::int64_t n = loops_.inner().extent;
    const std::int64_t step = loops_.inner().strides[0];
    if (loops_.loops().size() == 1) {
      for_ranges(workers, static_cast<std::size_t>(n), 1, [&](std::size_t begin, std::size_t end) {
        const auto first = static_cast<std::int64_t>(begin);
        copy_row(in + first * step, step, static_cast<std::int64_t>(end) - first, out + first);
      });
      return;
    }
    const auto row_size = static_cast<std::size_t>(n);
    for_ranges(workers, loops_.rows(), row_size, [&](std::size_t begin, std::size_t end) {
      loops_.for_rows(begin, end, [&](std::size_t row, const CopyLoops::Offsets& offsets) {
        copy_row(in + offsets[0], step, n, out + row * row_size);
      });
    });
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  static void copy_row(const T* in, std::int64_t step, std::int64_t n, T* out) {
    if (step == 1) {
      std::copy_n(in, n, out);
    } else {
      for (std::int64_t i = 0; i < n; ++i) out[i] = in[i * step];
    }
  }

  CopyLoops loops_;
  std::int64_t start_;
};

}  // namespace

std::unique_ptr<Step> make_strided_copy(CopyLoops loops, std::int64_t start,
                                        std::size_t element_bytes) {
  return with_bytes(element_bytes, [&](auto element) -> std::unique_ptr<Step> {
    return std::make_unique<StridedCopyStep<decltype(element)>>(std::move(loops), start);
  });
}

}  // namespace octavo::ops
