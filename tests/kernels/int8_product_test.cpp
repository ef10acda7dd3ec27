#include <array>
#include <limits>

#include "tests/kernels/int8_problem.hpp"

using namespace octavo::kernels;
using octavo::test::all_panels;
using octavo::test::check_int8;
using octavo::test::Convolution;
using octavo::test::Int8Problem;

namespace {

constexpr std::array<Int8Method, 5> kMethods = {Int8Method::chain4, Int8Method::chain3,
                                                Int8Method::chain2, Int8Method::chain1,
                                                Int8Method::wide};

}  // namespace

TEST_CASE("int8 product: any number of rows and columns") {
  std::uint64_t seed = 1;
  for (std::size_t m = 1; m <= 13; ++m) {
    for (std::size_t n = 1; n <= 40; n += (n < 34 && n > 2 ? 7 : 1)) {
      CAPTURE(m);
      CAPTURE(n);
      Int8Problem problem(m, n, 23, seed);
      problem.fill_weights_for(kMethods[seed % kMethods.size()], seed);
      ++seed;
      check_int8(problem);
    }
  }
}

TEST_CASE("int8 product: any depth with every method") {
  for (const Int8Method method : kMethods) {
    CAPTURE(static_cast<int>(method));
    for (std::size_t k = 1; k <= 70; ++k) {
      CAPTURE(k);
      Int8Problem problem(7, 18, k, k);
      problem.fill_weights_for(method, 1000 + k);
      check_int8(problem);
    }
  }
}

TEST_CASE("int8 product: the packer finds every method") {
  for (const Int8Method method : kMethods) {
    CAPTURE(static_cast<int>(method));
    Int8Problem problem(13, 48, 300, 1);
    problem.fill_weights_for(method, 2);
    CHECK(all_panels(problem, method));
    check_int8(problem);
  }
}

TEST_CASE("int8 product: panels of one layer with different methods") {
  for (const std::size_t m : {1U, 3U, 9U}) {
    Int8Problem problem(m, 16 * kMethods.size() - 5, 150, 3);
    for (std::size_t panel = 0; panel < kMethods.size(); ++panel) {
      Int8Problem one(1, 16, 150, panel);
      one.fill_weights_for(kMethods[panel], panel);
      const std::size_t begin = panel * one.weights.size();
      const std::size_t size = std::min(one.weights.size(), problem.weights.size() - begin);
      std::copy_n(one.weights.begin(), size, problem.weights.begin() + std::ptrdiff_t(begin));
    }
    const PackedInt8 packed(problem.weights, problem.shape);
    CHECK(std::ranges::equal(packed.methods(), kMethods));
    check_int8(problem);
  }
}

TEST_CASE("int8 product: enough rows for several blocks") {
  Int8Problem problem(1200, 17, 180, 5);
  problem.fill_weights(-31, 31, 6);
  check_int8(problem);
}

TEST_CASE("int8 product: convolutions") {
  for (const std::array<std::int64_t, 3>& c :
       {std::array<std::int64_t, 3>{3, 1, 1}, {3, 2, 1}, {3, 1, 2}, {5, 2, 1}, {1, 2, 1}}) {
    const std::int64_t kernel = c[0];
    const std::int64_t stride = c[1];
    const std::int64_t dilation = c[2];
    for (const std::int64_t channels : {1, 3, 16, 20}) {
      CAPTURE(kernel);
      CAPTURE(stride);
      CAPTURE(dilation);
      CAPTURE(channels);
      const Convolution conv{.images = 2,
                             .height = 9,
                             .width = 7,
                             .channels = channels,
                             .kernel_height = kernel,
                             .kernel_width = kernel,
                             .stride = stride,
                             .dilation = dilation};
      Int8Problem problem(
          conv.map(), conv.rows(), conv.input_size(),
          {19, static_cast<std::size_t>(kernel * kernel), static_cast<std::size_t>(channels)}, 7);
      for (const Int8Method method : kMethods) {
        problem.fill_weights_for(method, 8);
        check_int8(problem);
      }
    }
  }
}

TEST_CASE("int8 product: whole kernel lines as segments") {
  const Convolution conv{
      .images = 1, .height = 10, .width = 12, .channels = 8, .kernel_height = 3, .kernel_width = 3};
  Int8Problem taps(conv.map(), conv.rows(), conv.input_size(), {20, 9, 8}, 9);
  taps.fill_weights(-31, 31, 10);
  RowMap lines = conv.map();
  lines.kernel_width = 1;
  Int8Problem merged(lines, conv.rows(), conv.input_size(), {20, 3, 24}, 9);
  merged.weights = taps.weights;
  CHECK(merged.exact() == taps.exact());
  check_int8(taps);
  check_int8(merged);
}

TEST_CASE("int8 product: rows gathered from short segments") {
  for (const std::array<std::int64_t, 3>& c :
       {std::array<std::int64_t, 3>{3, 1, 3}, {3, 2, 1}, {7, 2, 3}, {5, 1, 40}, {2, 1, 31}}) {
    const std::int64_t kernel = c[0];
    CAPTURE(kernel);
    const Convolution conv{.images = 2,
                           .height = 17,
                           .width = 19,
                           .channels = c[2],
                           .kernel_height = kernel,
                           .kernel_width = kernel,
                           .stride = c[1],
                           .dilation = kernel == 3 ? 2 : 1};
    Int8Problem problem(
        conv.map(), conv.rows(), conv.input_size(),
        {19, static_cast<std::size_t>(kernel * kernel), static_cast<std::size_t>(c[2])}, 7);
    problem.gathered = true;
    problem.rows_per_range = problem.rows / 2;
    problem.quantizations.push_back({0.2F, 5.0F, 9});
    for (const Int8Method method : kMethods) {
      problem.fill_weights_for(method, 8);
      check_int8(problem);
    }
  }
}

TEST_CASE("int8 product: a range for every few rows, any zero point") {
  for (const std::size_t per_range : {1U, 3U, 7U}) {
    Int8Problem problem(29, 33, 40, 11);
    problem.fill_weights(-60, 60, 12);
    problem.rows_per_range = per_range;
    problem.quantizations.clear();
    octavo::test::Random random(13);
    for (std::size_t i = 0; i * per_range < problem.rows; ++i) {
      const float scale = random.uniform(0.001F, 4.0F);
      const int zero_point = i == 0 ? 0 : i == 1 ? 255 : random.between(0, 255);
      problem.quantizations.push_back({scale, 1.0F / scale, zero_point});
    }
    check_int8(problem);
  }
}

TEST_CASE("int8 product: clamp, no bias, extreme scales") {
  Int8Problem problem(5, 21, 64, 14);
  problem.fill_weights(-127, 127, 15);
  problem.activation = {UnaryMethod::clamp, 0.0F, 6.0F};
  check_int8(problem);
  problem.activation = {};
  problem.scales[0] = std::numeric_limits<float>::denorm_min();
  problem.scales[1] = std::numeric_limits<float>::max();
  problem.scales[2] = std::numeric_limits<float>::min();
  check_int8(problem);
  const PackedInt8 packed(problem.weights, problem.shape);
  std::vector<std::vector<float>> results;
  octavo::test::for_each_isa([&](const KernelTable& table) {
    results.emplace_back(problem.rows * problem.shape.columns);
    Int8Product p = problem.product(packed);
    p.bias = nullptr;
    p.out = results.back().data();
    table.int8_product(p, problem.whole());
    CHECK(octavo::test::count_different(results.back(), results.front()) == 0);
  });
}

TEST_CASE("int8 product: tiles compute their part and touch nothing else") {
  Int8Problem problem(20, 50, 33, 16);
  problem.fill_weights(-31, 31, 17);
  const PackedInt8 packed(problem.weights, problem.shape);
  constexpr std::size_t kStride = 60;
  octavo::test::for_each_isa([&](const KernelTable& table) {
    const std::vector<float> whole = problem.outputs(table, packed);
    std::vector<float> out(problem.rows * kStride, -5.0F);
    Int8Product p = problem.product(packed);
    p.out = out.data();
    p.out_stride = kStride;
    table.int8_product(p, {3, 11, 1, 3});
    table.int8_product(p, {11, 20, 3, 4});
    std::size_t wrong = 0;
    for (std::size_t m = 0; m < problem.rows; ++m) {
      for (std::size_t n = 0; n < kStride; ++n) {
        const bool first = m >= 3 && m < 11 && n >= 16 && n < 48;
        const bool second = m >= 11 && n >= 48 && n < 50;
        const float expected = first || second ? whole[m * 50 + n] : -5.0F;
        wrong += out[m * kStride + n] == expected ? 0 : 1;
      }
    }
    CHECK(wrong == 0);
  });
}
