#include "runtime/plan/weight_cache.hpp"

#include "runtime/ops/packed_weights.hpp"

namespace octavo {

std::size_t WeightCache::bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  for (const auto& entry : entries_) {
    if (const Weights held = entry->weights.lock()) bytes += held->bytes();
  }
  return bytes;
}

std::shared_ptr<WeightCache::Entry> WeightCache::entry_of(const Fingerprint& key) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Entry>* unused = nullptr;
  for (std::shared_ptr<Entry>& entry : entries_) {
    if (entry->key == key) return entry;
    // Nobody makes its weights, and nobody has them.
    if (entry.use_count() == 1 && entry->weights.expired()) unused = &entry;
  }
  if (unused == nullptr) unused = &entries_.emplace_back(std::make_shared<Entry>());
  (*unused)->key = key;
  return *unused;
}

WeightCache::Weights WeightCache::find_or_make(const Fingerprint& key,
                                               void (*make)(const void*, ops::PackedWeights&),
                                               const void* context) {
  const std::shared_ptr<Entry> entry = entry_of(key);
  const std::lock_guard making(entry->making);
  {
    const std::lock_guard lock(mutex_);
    if (Weights held = entry->weights.lock()) return held;
  }
  const auto made = std::make_shared<ops::PackedWeights>();
  make(context, *made);
  const std::lock_guard lock(mutex_);
  entry->weights = made;
  return made;
}

}  // namespace octavo
