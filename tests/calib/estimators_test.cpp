#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "octavo/error.hpp"
#include "octavo/range_estimator.hpp"

namespace octavo {
namespace {

std::size_t bins_of(std::string_view spec) {
  return make_estimator(spec)->needs(Scheme::symmetric).histogram_bins;
}

/// The message of the Error{invalid_argument} that the specification causes.
std::string message_of(std::string_view spec) {
  try {
    make_estimator(spec);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::invalid_argument);
    return error.what();
  }
  return "no error";
}

void check_message(std::string_view spec, std::string_view part) {
  const std::string message = message_of(spec);
  CAPTURE(message);
  CHECK(message.find("range estimator \"" + std::string(spec) + "\"") == 0);
  CHECK(message.find(part) != std::string::npos);
}

TEST_CASE("every listed estimator is made from its name alone") {
  CHECK(estimator_names() == std::vector<std::string>{"max", "minmax", "histogram", "entropy",
                                                      "percentile", "mse", "aciq",
                                                      "moving_average"});
  for (const std::string& name : estimator_names()) CHECK(make_estimator(name)->name() == name);
}

TEST_CASE("parameters have defaults, and any order") {
  CHECK(bins_of("max") == 0);
  CHECK(bins_of("histogram") == 1024);
  CHECK(bins_of("entropy") == 2048);
  CHECK(bins_of("entropy:bins=512") == 512);
  CHECK(bins_of("histogram:coverage=0.5,bins=64") == 64);
  CHECK(bins_of("histogram:bins=64,coverage=1e-3") == 64);
}

TEST_CASE("an unknown name lists the known ones") {
  for (const char* spec : {"foo", "", "Max", " max", ":bins=3", "histogram2:bins=64"}) {
    check_message(spec, "unknown name");
    check_message(spec,
                  "known: max, minmax, histogram, entropy, percentile, mse, aciq, "
                  "moving_average");
  }
}

TEST_CASE("an unknown parameter lists the known ones") {
  check_message("histogram:bin=64", "unknown parameter \"bin\"; known: bins, coverage, sample");
  check_message("entropy:coverage=0.5", "unknown parameter \"coverage\"; known: bins, sample");
  check_message("max:bins=64", "unknown parameter \"bins\"; it takes none");
}

TEST_CASE("parts that are not key=value are refused") {
  for (const char* spec :
       {"max:", "histogram:", "histogram:,", "histogram:bins", "histogram:bins=", "histogram:=64",
        "histogram:bins=64,", "histogram:,bins=64", "histogram:bins=64,,coverage=1"}) {
    check_message(spec, "expected key=value");
  }
  check_message("histogram:bins=64,bins=64", "parameter \"bins\" is given twice");
}

TEST_CASE("values that are no numbers or out of range state the range") {
  for (const char* value : {"1", "0", "8193", "-64", "+64", " 64", "64 ", "64.0", "1e3", "0x40",
                            "many", "18446744073709551616", "99999999999999999999999"}) {
    check_message("histogram:bins=" + std::string(value), "expected a whole number from 2 to 8192");
  }
  check_message("entropy:bins=255", "expected a whole number from 256 to 8192");
  for (const char* value : {"0", "-0.5", "1.0001", "1e", "nan", "inf", "-inf", "0.9x", "0,9", "..",
                            "1e999", "1e-999"}) {
    check_message("histogram:coverage=" + std::string(value), "expected ");
  }
  check_message("histogram:coverage=1.5",
                "coverage is \"1.5\"; expected a number above 0 and at most 1");
}

TEST_CASE("parameters of the other estimators are checked") {
  check_message("percentile:percentile=50", "expected a number above 50 and at most 100");
  check_message("percentile:percentile=100.1", "expected a number above 50 and at most 100");
  check_message("percentile:bins=1", "expected a whole number from 2 to 8192");
  check_message("mse:bins=1", "expected a whole number from 2 to 8192");
  check_message("aciq:distribution=normal", "distribution is \"normal\"; known: laplace, gauss");
  check_message("aciq:bins=64", "known: distribution, sample");
  check_message("moving_average:rate=0", "expected a number above 0 and at most 1");
  for (const char* name : {"histogram", "entropy", "percentile", "mse", "aciq"}) {
    const std::string spec = std::string(name) + ":sample=";
    check_message(spec + "1048577", "expected auto or a whole number from 0 to 1048576");
    check_message(spec + "-1", "expected auto or a whole number from 0 to 1048576");
    CHECK(make_estimator(spec + "0")->needs(Scheme::symmetric).sample_size == 0);
    CHECK(make_estimator(spec + "1048576")->needs(Scheme::symmetric).sample_size == kMaxSampleSize);
    CHECK(make_estimator(spec + "auto")->needs(Scheme::symmetric).sample_size == kAutomaticSample);
    CHECK(make_estimator(name)->needs(Scheme::symmetric).sample_size == kAutomaticSample);
  }
}

TEST_CASE("the limits themselves are accepted") {
  CHECK(bins_of("histogram:bins=2") == 2);
  CHECK(bins_of("histogram:bins=8192,coverage=1") == kMaxHistogramBins);
  CHECK(bins_of("entropy:bins=256") == 256);
  CHECK(bins_of("entropy:bins=8192") == kMaxHistogramBins);
}

TEST_CASE("entropy counts magnitudes for the symmetric scheme only") {
  const auto entropy = make_estimator("entropy");
  CHECK(entropy->needs(Scheme::symmetric).histogram_domain == HistogramDomain::magnitudes);
  CHECK(entropy->needs(Scheme::asymmetric).histogram_domain == HistogramDomain::values);
  const auto histogram = make_estimator("histogram");
  CHECK(histogram->needs(Scheme::symmetric).histogram_domain == HistogramDomain::values);
}

}  // namespace
}  // namespace octavo
