// Text into files: made and compressed in parallel, written in order.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/output/map_writer.hpp"
#include "pipeline/output/sink.hpp"

namespace shardflow {

// What a piece gives to one sink.
struct PagePart {
  std::string text;
  bool needs_mark = false;  // if it comes first
};

// Appends a piece's text to the part of each sink.
using EncodePiece = std::function<void(std::size_t piece, std::span<PagePart> parts)>;

// Encodes pieces on any thread, and writes them in their order, one thread at a time, behind `head`. In memory are at
// most two pieces a thread. REQUIRES: is called within an arena.
void write_pages(std::size_t pieces, const EncodePiece& encode, const WriteOptions& options, std::string_view head,
                 std::span<const std::unique_ptr<Sink>> sinks);

}  // namespace shardflow
