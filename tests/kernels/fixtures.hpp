#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/dispatch.hpp"
#include "kernels/kernels.hpp"
#include "tests/support/random.hpp"

namespace octavo::test {

/// What a kernel reads: kReadSlack bytes behind it hold NaN or 255, which must not matter, and
/// `offset` elements before it take it off every alignment.
template <class T>
class Input {
 public:
  explicit Input(std::size_t size, std::size_t offset = 1)
      : values_(offset + size + kernels::kReadSlack / sizeof(T)), offset_(offset), size_(size) {
    std::memset(values_.data(), 0xFF, values_.size() * sizeof(T));
  }

  T* data() { return values_.data() + offset_; }
  const T* data() const { return values_.data() + offset_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data()[i]; }
  const T& operator[](std::size_t i) const { return data()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }

 private:
  std::vector<T> values_;
  std::size_t offset_, size_;
};

/// The kernels as the instruction sets that few machines have instantiate them, in plain C++
/// (tests/kernels/emulated).
extern const kernels::FloatKernels emulated_avx512_floats;
extern const kernels::Int8Kernels emulated_avxvnni_int8;
extern const kernels::Int8Kernels emulated_avx512_int8;
extern const kernels::Int8Kernels emulated_avx512vnni_int8;

/// `size` numbers in [-1, 1).
inline Input<float> random_input(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  Input<float> x(size);
  for (float& v : x) v = random.uniform(-1.0F, 1.0F);
  return x;
}

/// Calls f(table) for every instruction set that this machine runs, the reference included, and for
/// the emulated ones.
template <class F>
void for_each_isa(F&& f) {
  const auto call = [&](const kernels::KernelTable& table) {
    CAPTURE(std::string(table.name));
    f(table);
  };
  for (const kernels::Isa& isa : kernels::isas()) {
    if (isa.supported) call(isa.table);
  }
  call({emulated_avx512_floats, emulated_avx512_int8, "emulated avx512"});
  call({emulated_avx512_floats, emulated_avx512vnni_int8, "emulated avx512vnni"});
  call({emulated_avx512_floats, emulated_avxvnni_int8, "emulated avxvnni"});
}

inline const kernels::KernelTable& reference() {
  return kernels::select_kernels("reference");
}

/// The same bits, or both NaN.
inline bool identical(float x, float y) {
  return std::memcmp(&x, &y, sizeof x) == 0 || (x != x && y != y);
}

template <class T>
std::size_t count_different(const std::vector<T>& x, const std::vector<T>& y) {
  std::size_t different = x.size() == y.size() ? 0 : 1;
  for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
    if constexpr (std::is_same_v<T, float>) {
      different += identical(x[i], y[i]) ? 0 : 1;
    } else {
      different += x[i] == y[i] ? 0 : 1;
    }
  }
  return different;
}

inline std::int64_t rows_of(const kernels::RowMap& map, std::int64_t images = 1) {
  return images * map.out_height * map.out_width;
}

/// A convolution over [images][height][width][channels].
struct Convolution {
  std::int64_t images = 1, height = 1, width = 1, channels = 1;
  std::int64_t kernel_height = 1, kernel_width = 1;
  std::int64_t stride = 1, dilation = 1, padding = 0;

  [[nodiscard]] kernels::RowMap map() const {
    kernels::RowMap m;
    m.in_height = height;
    m.in_width = width;
    m.kernel_height = kernel_height;
    m.kernel_width = kernel_width;
    m.stride_height = m.stride_width = stride;
    m.dilation_height = m.dilation_width = dilation;
    m.pad_top = m.pad_left = padding;
    m.out_height = (height + 2 * padding - (kernel_height - 1) * dilation - 1) / stride + 1;
    m.out_width = (width + 2 * padding - (kernel_width - 1) * dilation - 1) / stride + 1;
    m.pixel_stride = channels;
    m.line_stride = width * channels;
    m.image_stride = height * width * channels;
    return m;
  }
  [[nodiscard]] std::size_t input_size() const {
    return static_cast<std::size_t>(images * height * width * channels);
  }
  [[nodiscard]] std::size_t rows() const {
    return static_cast<std::size_t>(rows_of(map(), images));
  }
};

/// Two images with windows of every size, stride, dilation and border.
inline std::vector<Convolution> window_convolutions() {
  std::vector<Convolution> all;
  for (const auto& [height, width] : {std::array<std::int64_t, 2>{8, 9}, {3, 3}, {1, 1}, {7, 2}}) {
    for (const std::int64_t kernel : {1, 2, 3, 5}) {
      for (const std::int64_t stride : {1, 2, 3}) {
        for (const std::int64_t dilation : {1, 2}) {
          for (const std::int64_t channels : {1, 8, 13, 35}) {
            const Convolution conv{.images = 2,
                                   .height = height,
                                   .width = width,
                                   .channels = channels,
                                   .kernel_height = kernel,
                                   .kernel_width = kernel,
                                   .stride = stride,
                                   .dilation = dilation,
                                   .padding = (kernel - 1) * dilation / 2};
            const kernels::RowMap map = conv.map();
            if (map.out_height > 0 && map.out_width > 0) all.push_back(conv);
          }
        }
      }
    }
  }
  return all;
}

/// Where segment `s` of output row `m` starts in the input; -1 in the padding. Written apart from
/// the kernels' own walk over rows.
inline std::int64_t segment_offset(const kernels::RowMap& map, std::size_t m, std::int64_t s) {
  const auto row = static_cast<std::int64_t>(m);
  const std::int64_t image = row / (map.out_height * map.out_width);
  const std::int64_t y = row / map.out_width % map.out_height * map.stride_height - map.pad_top +
                         s / map.kernel_width * map.dilation_height;
  const std::int64_t x = row % map.out_width * map.stride_width - map.pad_left +
                         s % map.kernel_width * map.dilation_width;
  if (y < 0 || y >= map.in_height || x < 0 || x >= map.in_width) return -1;
  return image * map.image_stride + y * map.line_stride + x * map.pixel_stride;
}

}  // namespace octavo::test
