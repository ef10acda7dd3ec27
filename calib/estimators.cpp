#include "calib/estimators.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "octavo/error.hpp"

namespace octavo {
namespace {

struct Entry {
  std::string_view name;
  calib::EstimatorFactory* make;
};

constexpr auto kEstimators = std::to_array<Entry>({
#define OCTAVO_ESTIMATOR(name, factory) {name, calib::factory},
#include "calib/estimators.def"
#undef OCTAVO_ESTIMATOR
});

}  // namespace

std::shared_ptr<const RangeEstimator> make_estimator(std::string_view spec) {
  calib::EstimatorParameters parameters(spec);
  for (const Entry& entry : kEstimators) {
    if (entry.name != parameters.name()) continue;
    std::shared_ptr<const RangeEstimator> estimator = entry.make(parameters);
    parameters.require_all_read();
    return estimator;
  }
  throw Error(ErrorCode::invalid_argument,
              "range estimator \"" + std::string(spec) + "\": unknown name \"" +
                  std::string(parameters.name()) +
                  "\"; known: " + calib::comma_separated(estimator_names()));
}

std::vector<std::string> estimator_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kEstimators) names.emplace_back(entry.name);
  return names;
}

}  // namespace octavo
