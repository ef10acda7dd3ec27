#include "runtime/ops/spatial.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "runtime/concat.hpp"

namespace octavo::ops {
namespace {

// With every attribute below 2^31 and every dimension below 2^40, no sum or product here overflows.
constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();

void check_values(const NodeView& node, std::string_view name, std::span<const std::int64_t> values,
                  std::size_t count, std::int64_t smallest) {
  const std::string what(name);
  if (values.size() != count) {
    node.fail(ErrorCode::invalid_graph,
              concat({what, " has ", values.size(), " values, expected ", count}));
  }
  for (const std::int64_t value : values) {
    if (value < smallest || value > kLargest) {
      node.fail(ErrorCode::invalid_graph,
                concat({what, " holds ", value, ", expected ", smallest, " to ", kLargest}));
    }
  }
}

/// SAME: as many positions as the input has strides, the padding shared out evenly.
void pad_same(SpatialWindow& window, std::span<const std::int64_t> input, bool extra_at_end) {
  for (std::size_t i = 0; i < window.rank(); ++i) {
    const std::int64_t stride = window.strides[i];
    const std::int64_t positions = (input[i] + stride - 1) / stride;
    const std::int64_t total =
        std::max<std::int64_t>((positions - 1) * stride + window.extent(i) - input[i], 0);
    window.pads_begin[i] = extra_at_end ? total / 2 : total - total / 2;
    window.pads_end[i] = total - window.pads_begin[i];
  }
}

}  // namespace

std::vector<std::int64_t> SpatialWindow::output(std::span<const std::int64_t> input,
                                                bool ceil_mode) const {
  std::vector<std::int64_t> result(rank());
  for (std::size_t i = 0; i < rank(); ++i) {
    const std::int64_t span = input[i] + pads_begin[i] + pads_end[i] - extent(i);
    result[i] = span / strides[i] + 1;
    const std::int64_t next_start = result[i] * strides[i];
    if (ceil_mode && span % strides[i] != 0 && next_start < input[i] + pads_begin[i]) ++result[i];
  }
  return result;
}

SpatialWindow spatial_window(const NodeView& node, std::span<const std::int64_t> input,
                             std::span<const std::int64_t> kernel) {
  const std::size_t rank = input.size();
  SpatialWindow window;
  window.kernel.assign(kernel.begin(), kernel.end());
  window.strides = node.integers("strides", std::vector<std::int64_t>(rank, 1));
  window.dilations = node.integers("dilations", std::vector<std::int64_t>(rank, 1));
  const std::vector<std::int64_t> pads =
      node.integers("pads", std::vector<std::int64_t>(2 * rank, 0));
  check_values(node, "kernel_shape", window.kernel, rank, 1);
  check_values(node, "strides", window.strides, rank, 1);
  check_values(node, "dilations", window.dilations, rank, 1);
  check_values(node, "pads", pads, 2 * rank, 0);
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(rank);
  window.pads_begin.assign(pads.begin(), middle);
  window.pads_end.assign(middle, pads.end());

  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  if (auto_pad != "NOTSET" && std::ranges::any_of(pads, [](auto pad) { return pad != 0; })) {
    node.fail(ErrorCode::invalid_graph,
              concat({"pads and auto_pad ", auto_pad, " exclude each other"}));
  }
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    pad_same(window, input, auto_pad == "SAME_UPPER");
  } else if (auto_pad != "NOTSET" && auto_pad != "VALID") {
    node.fail(
        ErrorCode::invalid_graph,
        concat({"auto_pad is '", auto_pad, "', expected NOTSET, SAME_UPPER, SAME_LOWER or VALID"}));
  }
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t padded = input[i] + window.pads_begin[i] + window.pads_end[i];
    if (input[i] < 1 || window.extent(i) > padded) {
      node.fail(ErrorCode::invalid_graph,
                concat({"the kernel covers ", window.extent(i), " positions of spatial dimension ",
                        i, ", which has ", input[i], " (", padded, " with padding)"}));
    }
  }
  return window;
}

}  // namespace octavo::ops
