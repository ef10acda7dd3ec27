#include <algorithm>
#include <iostream>

#include <octavo/octavo.hpp>

int main(int argc, char** argv) try {
  const auto model = octavo::Model::load(argc > 1 ? argv[1] : "examples/digits/digits.onnx");
  octavo::Session session(model, {.precision = octavo::Precision::int8, .threads = 2});
  std::ranges::fill(session.input(0).data<float>(), 0.5F);  // a real program puts its data here
  session.run();
  const auto scores = session.output(0).data<float>();
  std::cout << "class " << std::ranges::max_element(scores) - scores.begin() << '\n';
} catch (const octavo::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
