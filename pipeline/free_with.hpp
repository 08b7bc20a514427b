// Owners of what libraries in C give: std::unique_ptr<T, FreeWith<T_free>>.
#pragma once

namespace shardflow {

template <auto free>
struct FreeWith {
  template <class Pointer>
  void operator()(Pointer* pointer) const {
    free(pointer);
  }
};

}  // namespace shardflow
