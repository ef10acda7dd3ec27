#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "octavo/parallel.hpp"

namespace octavo::test {

/// An application's thread pool, of condition variables, which ThreadSanitizer understands. Calls
/// from several threads take turns.
class ConditionPool final : public Parallel {
 public:
  explicit ConditionPool(std::size_t threads) {
    for (std::size_t i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
  }
  ConditionPool(const ConditionPool&) = delete;
  ConditionPool& operator=(const ConditionPool&) = delete;
  ~ConditionPool() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  void for_each(std::size_t count, Task task, void* context) override {
    const std::lock_guard turn(turn_);
    std::unique_lock lock(mutex_);
    task_ = task;
    context_ = context;
    next_ = 0;
    count_ = count;
    left_ = count;
    changed_.notify_all();
    take(lock);
    changed_.wait(lock, [&] { return left_ == 0; });
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
      take(lock);
      changed_.wait(lock, [&] { return ending_ || next_ < count_; });
    }
  }

  /// Runs tasks while there are any.
  void take(std::unique_lock<std::mutex>& lock) {
    while (next_ < count_) {
      const std::size_t index = next_++;
      lock.unlock();
      task_(context_, index);
      lock.lock();
      if (--left_ == 0) changed_.notify_all();
    }
  }

  std::mutex turn_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  Task task_ = nullptr;
  void* context_ = nullptr;
  std::size_t next_ = 0, count_ = 0, left_ = 0;
  bool ending_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace octavo::test
