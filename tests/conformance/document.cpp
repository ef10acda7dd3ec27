#include "tests/conformance/document.hpp"

#include <algorithm>
#include <map>

#include "runtime/formats/onnx_opset.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo::test {
namespace {

struct Count {
  std::size_t passed = 0, all = 0;
};

std::string types_text(TypeSet types) {
  if (types == kAnyType) return "any";
  if (types == kNumbers) return "float, integers";
  if (types == (kNumbers | kBoolean)) return "float, integers, boolean";
  std::string text = to_string(types);
  if (text.starts_with("float32")) text.erase(5, 2);
  return text;
}

std::string opsets_text(std::int64_t first, std::int64_t last) {
  return std::to_string(std::max(first, formats::kOldestOpset)) + " to " + std::to_string(last);
}

/// The levels of Conv come with a scale that only Octavo's form of it has.
TypeSet types_of(Op op) {
  return op == Op::Conv ? kFloat : operator_of(op).types;
}

std::string row(const std::string& name, const std::string& opsets, const std::string& types,
                const Count& count) {
  const std::string cases =
      count.all == 0 ? "none" : std::to_string(count.passed) + " of " + std::to_string(count.all);
  return "| " + name + " | " + opsets + " | " + types + " | " + cases + " |\n";
}

std::string outcome_row(const Case& test, const Outcome& outcome) {
  std::string reason = outcome.reason;
  std::ranges::replace(reason, '|', '/');
  return "| " + test.suite + "/" + test.name + " | " + reason + " |\n";
}

}  // namespace

std::string operators_document(std::span<const Case> cases, std::span<const Outcome> outcomes) {
  std::map<std::string, Count, std::less<>> counts;
  std::size_t passed = 0;
  std::size_t fixed = 0;
  std::string open;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const bool good = outcomes[i].kind == Outcome::Kind::passed;
    passed += good ? 1 : 0;
    fixed += good && outcomes[i].inputs_fixed ? 1 : 0;
    if (!good) open += outcome_row(cases[i], outcomes[i]);
    for (const std::string& op : cases[i].operators) {
      ++counts[op].all;
      counts[op].passed += good ? 1 : 0;
    }
  }

  std::string text =
      "# Operators\n\n"
      "What Octavo reads from ONNX files, opsets " +
      std::to_string(formats::kOldestOpset) + " to " + std::to_string(formats::kNewestOpset) +
      ". The CTest test `conformance` keeps this page: it runs\n"
      "ONNX's own operator tests and fails when an answer is wrong or this page is not what they "
      "say\n"
      "(`octavo_conformance --write docs/operators.md` writes it). A case counts for every "
      "operator "
      "that\nits model uses.\n\n**" +
      std::to_string(passed) + " of " + std::to_string(cases.size()) + " cases pass**; " +
      std::to_string(fixed) +
      " of them with axes, sizes or other inputs turned into constants of the\nmodel, since shapes "
      "must be known when a session is planned.\n\n"
      "Where ONNX has no case (`none`), `tests/runtime` has its own. Types are those of the first "
      "input. `float` is float32; float16 and float64 are computed in "
      "float32,\nexcept where elements only move (`any`).\n\n"
      "| operator | opsets | types | cases passed |\n|---|---|---|---|\n";
  std::map<std::string, std::string, std::less<>> rows;
  for (const formats::OpsetRule& rule : formats::opset_rules()) {
    const std::string name(rule.op_type);
    rows[name] = row(name, opsets_text(rule.first_opset, rule.last_opset),
                     types_text(types_of(rule.op)), counts[name]);
  }
  rows["Constant"] =
      row("Constant", opsets_text(1, formats::kNewestOpset), "any", counts["Constant"]);
  rows["If"] =
      row("If", opsets_text(1, formats::kNewestOpset), "a constant condition", counts["If"]);
  for (const auto& [name, line] : rows) text += line;
  text += "\n## Cases that do not pass\n\n| case | reason |\n|---|---|\n" + open;
  return text;
}

}  // namespace octavo::test
