#include "kernels/dispatch.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "octavo/cpu.hpp"
#include "octavo/error.hpp"

#include "tests/support/paths.hpp"

using namespace octavo::kernels;

namespace {

/// Sets $OCTAVO_ISA for a scope; empty unsets it.
class ForcedIsa {
 public:
  explicit ForcedIsa(const std::string& name) {
    if (const char* old = std::getenv("OCTAVO_ISA")) old_ = old;
    set(name);
  }
  ~ForcedIsa() { set(old_); }
  ForcedIsa(const ForcedIsa&) = delete;
  ForcedIsa& operator=(const ForcedIsa&) = delete;

 private:
  static void set(const std::string& name) {
    if (name.empty()) {
      unsetenv("OCTAVO_ISA");
    } else {
      setenv("OCTAVO_ISA", name.c_str(), 1);
    }
  }
  std::string old_;
};

/// Says of a set that this machine cannot run why nothing else tests it.
void check_runs(const std::string& name) {
  const auto isa = std::ranges::find(isas(), name, &Isa::name);
  REQUIRE(isa != isas().end());
  if (isa->supported) {
    CHECK(select_kernels(name).name == name);
    return;
  }
  CHECK_THROWS_AS(select_kernels(name), octavo::Error);
  octavo::test::report_skipped("instruction set " + name, "this CPU or its system lacks it");
}

}  // namespace

TEST_CASE("dispatch: the reference comes last and always runs") {
  CHECK(isas().back().name == "reference");
  CHECK(isas().back().supported);
}

TEST_CASE("dispatch: tables are complete and carry their names") {
  for (const Isa& isa : isas()) {
    const KernelTable& t = isa.table;
    CHECK(t.name == isa.name);
    const bool complete = t.float_product != nullptr && t.int8_product != nullptr &&
                          t.depthwise_product != nullptr && t.pool != nullptr &&
                          t.extrema != nullptr && t.moments != nullptr && t.histogram != nullptr &&
                          t.quantize != nullptr && t.unary != nullptr && t.binary != nullptr &&
                          t.softmax != nullptr;
    CHECK(complete);
  }
}

#define OCTAVO_ISA(id, floats, name, requirement) \
  TEST_CASE("dispatch: " name " runs here") {     \
    check_runs(name);                             \
  }
#include "kernels/isa.def"
#undef OCTAVO_ISA

TEST_CASE("dispatch: the best supported set is the default") {
  const ForcedIsa none("");
  std::string best;
  for (const Isa& isa : isas()) {
    if (best.empty() && isa.supported) best = isa.name;
  }
  CHECK(select_kernels("").name == best);
  CHECK(octavo::default_instruction_set() == best);
}

TEST_CASE("dispatch: forced by name or environment") {
  for (const Isa& isa : isas()) {
    if (!isa.supported) continue;
    CHECK(select_kernels(isa.name).name == isa.name);
    const ForcedIsa forced{std::string(isa.name)};
    CHECK(select_kernels("").name == isa.name);
    CHECK(select_kernels("reference").name == std::string("reference"));
  }
}

TEST_CASE("dispatch: an unknown name is an error that lists the names") {
  const auto check = [](auto&& call) {
    try {
      call();
      FAIL("no error");
    } catch (const octavo::Error& error) {
      CHECK(error.code() == octavo::ErrorCode::invalid_argument);
      const std::string text = error.what();
      CHECK(text.find("'mmx'") != std::string::npos);
      CHECK(text.find("reference") != std::string::npos);
    }
  };
  check([] { select_kernels("mmx"); });
  const ForcedIsa forced("mmx");
  check([] { select_kernels(""); });
  check([] { octavo::default_instruction_set(); });
}

TEST_CASE("dispatch: the public list says the same") {
  const auto sets = octavo::instruction_sets();
  REQUIRE(sets.size() == isas().size());
  for (std::size_t i = 0; i < sets.size(); ++i) {
    CHECK(sets[i].name == isas()[i].name);
    CHECK(sets[i].supported == isas()[i].supported);
  }
}
