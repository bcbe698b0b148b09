// The handlers of everything that touches memory.
#pragma once

#include "core/program.hpp"

#include <string_view>

namespace pck::emulator {

struct Warp;

// How a load or store is made: from or to ordinary memory, a kernel's arguments, the .param variables of calls.
enum class MemoryForm : u8 { load, store, load_argument, load_parameter, store_parameter };

// Null where there is no such thing. `register_bytes` is 4 or 8.
Handler memory_handler(MemoryForm form, u32 elements, u32 bytes, bool sign_extend, u32 register_bytes);
Handler atomic_handler(std::string_view operation, std::string_view type);
Handler async_copy_handler();
Handler async_commit_handler();
Handler async_wait_handler();
Handler load_matrix_handler();
Handler fence_handler();

// The copies of these lanes that belong to all but their last `keep` groups land; ~0u: every copy lands.
void wait_for_copies(Warp& warp, u32 lanes, u32 keep);

} // namespace pck::emulator
