#include <doctest/doctest.h>

#include "tests/calib/statistics.hpp"
#include "tests/support/allocation_counter.hpp"

namespace octavo {
namespace {

TEST_CASE("finding a range does not allocate") {
  const std::vector<float> x = test::normal_values(200000, 0.5F, 1.0F, 1);
  const kernels::Extrema extrema = test::extrema_of(x);
  const kernels::KernelTable& kernels = kernels::select_kernels("reference");
  for (const char* spec :
       {"max", "minmax", "histogram:bins=8192,sample=0", "entropy:bins=8192", "percentile",
        "percentile:sample=0", "mse:bins=8192", "aciq", "aciq:sample=0", "moving_average"}) {
    for (const Scheme scheme : {Scheme::symmetric, Scheme::asymmetric}) {
      const calib::RangeFinder finder(make_estimator(spec), scheme, test::kMacs);
      const std::size_t setup = test::allocation_count();
      std::vector<std::uint64_t> workspace(finder.workspace_bytes() / sizeof(std::uint64_t) + 1);
      const std::size_t before = test::allocation_count();
      CHECK(before > setup);
      const Range range =
          finder.find(kernels, x, extrema, nullptr, std::as_writable_bytes(std::span(workspace)));
      const std::size_t after = test::allocation_count();
      CAPTURE(spec);
      CHECK(after == before);
      CHECK(range.low < range.high);
    }
  }
}

}  // namespace
}  // namespace octavo
