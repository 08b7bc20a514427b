// An open file descriptor, closed with its owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace shardflow {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  // The three standard ones stay open: they belong to the process.
  ~Descriptor() {
    if (number_ > STDERR_FILENO) close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Descriptor(std::move(other)).swap(*this);
    return *this;
  }

  int number() const { return number_; }
  bool open() const { return number_ >= 0; }

 private:
  void swap(Descriptor& other) noexcept { std::swap(number_, other.number_); }

  int number_ = -1;
};

}  // namespace shardflow
