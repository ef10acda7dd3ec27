#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/plan/fingerprint.hpp"

namespace octavo {

namespace ops {
struct PackedWeights;
}

/// The packed weights of a model's sessions. What is equal is kept once, for as long as any step
/// holds it. For any number of threads.
class WeightCache {
 public:
  using Weights = std::shared_ptr<const ops::PackedWeights>;

  /// The weights of that key, which determines every byte of them: those that some step holds, or
  /// new ones that `make(weights)` fills in. Of threads that ask for the same at once, one makes
  /// them and the others wait. `make` may ask for other weights.
  template <class Make>
  Weights get(const Fingerprint& key, const Make& make) {
    return find_or_make(
        key,
        [](const void* context, ops::PackedWeights& weights) {
          (*static_cast<const Make*>(context))(weights);
        },
        &make);
  }

  /// Bytes of all weights that are held.
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Entry {
    Fingerprint key;
    std::mutex making;  ///< held by who makes the weights
    std::weak_ptr<const ops::PackedWeights> weights;
  };

  Weights find_or_make(const Fingerprint& key, void (*make)(const void*, ops::PackedWeights&),
                       const void* context);
  std::shared_ptr<Entry> entry_of(const Fingerprint& key);

  mutable std::mutex mutex_;  ///< guards all but the making; nothing else is locked meanwhile
  std::vector<std::shared_ptr<Entry>> entries_;
};

}  // namespace octavo
