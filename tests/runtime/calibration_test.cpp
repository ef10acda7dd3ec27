#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "tests/runtime/sample_models.hpp"

namespace octavo {
namespace {

using test::copy;
using test::fill;
using test::random_values;
using test::small_cnn;

constexpr std::size_t kImage = std::size_t{3} * 17 * 15;

using Ranges = std::map<std::string, Range, std::less<>>;

/// The ranges that calibration with batches of `batch` images finds for these images.
Ranges calibrated(const std::vector<float>& images, std::size_t batch, const std::string& spec,
                  Scheme scheme = Scheme::asymmetric) {
  const Shape shape{static_cast<std::int64_t>(batch), 3, 17, 15};
  RangeCalibration calibration(
      small_cnn(),
      {.scheme = scheme, .estimator = make_estimator(spec), .shapes = {{"image", shape}}});
  for (std::size_t begin = 0; begin < images.size(); begin += batch * kImage) {
    const auto first = images.begin() + static_cast<std::ptrdiff_t>(begin);
    std::copy_n(first, batch * kImage, calibration.session().input(0).data<float>().begin());
    calibration.run();
  }
  return calibration.ranges();
}

void check_near(Range found, Range expected, double tolerance) {
  const double extent = static_cast<double>(expected.high) - static_cast<double>(expected.low);
  CHECK(std::abs(static_cast<double>(found.low - expected.low)) <= tolerance * extent);
  CHECK(std::abs(static_cast<double>(found.high - expected.high)) <= tolerance * extent);
}

TEST_CASE("calibration: every layer that quantizes has the range of its input over all batches") {
  const auto images = random_values(6 * kImage, 3);
  const Ranges ranges = calibrated(images, 2, "max");
  CHECK(ranges.size() == 3);
  const auto [low, high] = std::ranges::minmax(images);
  CHECK(ranges.at("conv1").low == low);
  CHECK(ranges.at("conv1").high == high);

  Session session(small_cnn(),
                  {.precision = Precision::float32, .shapes = {{"image", {6, 3, 17, 15}}}});
  std::ranges::copy(images, session.input(0).data<float>().begin());
  session.run_observed([&](std::size_t layer, const LayerTensors& tensors) {
    const auto found = ranges.find(session.layers()[layer].name);
    CHECK((found != ranges.end()) == session.layers()[layer].quantizable);
    if (found == ranges.end()) return;
    const auto extrema = std::ranges::minmax(tensors.input);
    CHECK(found->second.low == extrema.min);
    CHECK(found->second.high == extrema.max);
  });
}

TEST_CASE("calibration: the split into batches makes no difference") {
  const auto images = random_values(8 * kImage, 4);
  for (const char* spec : {"max", "minmax", "histogram:coverage=0.99", "entropy",
                           "percentile:percentile=99", "mse", "aciq"}) {
    for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
      CAPTURE(spec);
      const Ranges one = calibrated(images, 1, spec, scheme);
      const Ranges all = calibrated(images, 8, spec, scheme);
      for (const auto& [layer, range] : all) {
        // Moments are sums that round in another order.
        const double tolerance = std::string(spec) == "aciq" ? 1e-6 : 0.0;
        CHECK(std::abs(static_cast<double>(one.at(layer).low - range.low)) <= tolerance);
        CHECK(std::abs(static_cast<double>(one.at(layer).high - range.high)) <= tolerance);
      }
    }
  }
}

TEST_CASE("calibration: estimators find what they find in one batch that they see whole") {
  const auto images = random_values(8 * kImage, 4);
  for (const char* spec :
       {"max", "minmax", "histogram:coverage=0.99,sample=0", "percentile:percentile=99,sample=0",
        "mse:sample=0", "aciq:sample=0", "aciq:distribution=gauss,sample=0", "moving_average"}) {
    for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
      CAPTURE(spec);
      Session session(small_cnn(), {.precision = Precision::int8,
                                    .scheme = scheme,
                                    .estimator = make_estimator(spec),
                                    .shapes = {{"image", {8, 3, 17, 15}}}});
      std::ranges::copy(images, session.input(0).data<float>().begin());
      const Ranges ranges = calibrated(images, 8, spec, scheme);
      session.run_observed([&](std::size_t layer, const LayerTensors& tensors) {
        // Later layers see the errors of int8.
        if (session.layers()[layer].name != "conv1") return;
        check_near(ranges.at("conv1"), tensors.input_ranges[0], 0.01);
      });
    }
  }
}

TEST_CASE("calibration: a moving average moves from batch to batch") {
  std::vector<float> images(2 * kImage, 0.0F);
  images[0] = 1.0F;
  images[kImage] = 2.0F;
  CHECK(calibrated(images, 1, "moving_average:rate=0.25").at("conv1").high == 1.25F);
}

TEST_CASE("calibration: static ranges of the data give what max gives on them") {
  const auto images = random_values(2 * kImage, 9);
  const ShapeBindings shapes{{"image", {2, 3, 17, 15}}};
  const Model model = small_cnn().quantized();
  RangeCalibration calibration(model, {.shapes = shapes});
  std::ranges::copy(images, calibration.session().input(0).data<float>().begin());
  calibration.run();
  Session stored(model.with_range_settings({.ranges = calibration.ranges()}),
                 {.precision = Precision::int8, .shapes = shapes});
  Session dynamic(model, {.precision = Precision::int8, .shapes = shapes});
  for (Session* session : {&stored, &dynamic}) {
    std::ranges::copy(images, session->input(0).data<float>().begin());
    session->run();
  }
  const auto found = copy(stored.output(0));
  const auto expected = copy(dynamic.output(0));
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i] == doctest::Approx(expected[i]).epsilon(0.03));
  }
}

TEST_CASE("calibration: errors name the layer, and no data is one") {
  RangeCalibration calibration(small_cnn());
  const auto error_of = [&](const auto& body) {
    try {
      body();
    } catch (const Error& error) {
      return std::string(to_string(error.code())) + ": " + error.what();
    }
    return std::string("no error");
  };
  CHECK(error_of([&] { static_cast<void>(calibration.ranges()); }) ==
        "invalid_argument: calibration: no batch has been run");
  const auto input = calibration.session().input(0).data<float>();
  fill(input, 1);
  input[5] = std::numeric_limits<float>::quiet_NaN();
  CHECK(error_of([&] { calibration.run(); }) ==
        "non_finite: the input of layer 'conv1': found NaN or infinity");
  fill(input, 1);
  calibration.run();
  CHECK(calibration.ranges().size() == 3);
  SessionOptions options;
  options.layer_estimators["conv"] = make_estimator("max");
  CHECK(error_of([&] {
          const RangeCalibration other(small_cnn(), options);
        }).find("near it: 'conv1'") != std::string::npos);
}

}  // namespace
}  // namespace octavo
