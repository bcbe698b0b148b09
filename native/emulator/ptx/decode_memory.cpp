// Loads, stores, atomics, asynchronous copies, matrices.
#include "memory/operations.hpp"
#include "ptx/decode.hpp"
#include "ptx/table.hpp"

namespace pck::emulator {

namespace {

Space take_space(Opcode& opcode) {
    if (opcode.take("global"))
        return Space::global;
    if (opcode.take("shared") || opcode.take("shared::cta"))
        return Space::shared;
    if (opcode.take("local"))
        return Space::local;
    if (opcode.take("const"))
        return Space::constant;
    if (opcode.take("param") || opcode.take("param::entry") || opcode.take("param::func"))
        return Space::parameter;
    return Space::generic;
}

// How caches are to treat it makes no difference to what it does.
void drop_hints(Opcode& opcode) {
    opcode.drop({"gpu", "sys", "cta", "cluster", "ca", "cg", "cs", "lu", "cv", "wb", "wt", "nc", "weak", "L1::no_allocate", "L1::evict_last", "L1::evict_first",
                 "L1::evict_normal", "L1::evict_unchanged", "L2::64B", "L2::128B", "L2::256B"});
}

Class load_or_store(Space space, bool load) {
    switch (space) {
    case Space::constant: return Class::load_constant;
    case Space::shared: return load ? Class::load_shared : Class::store_shared;
    case Space::local: return load ? Class::load_local : Class::store_local;
    default: return load ? Class::load_global : Class::store_global;
    }
}

void decode_parameter_access(Decoding& d, const Operand& address, bool load, u32 bytes, bool sign_extend, bool wide) {
    if (address.what != Operand::What::address || address.reg >= 0)
        throw LoadError("a .param variable is expected");
    d.i.category = Class::load_constant;
    const Parameter* place = d.builder.find_parameter(address.name);
    MemoryForm form = load ? MemoryForm::load_parameter : MemoryForm::store_parameter;
    if (place == nullptr) {
        auto argument = d.builder.kernel_arguments.find(address.name);
        if (argument == d.builder.kernel_arguments.end() || !load)
            throw LoadError("unknown .param variable '" + address.name + "'");
        place = &argument->second;
        form = MemoryForm::load_argument;
    }
    if (address.offset < 0 || address.offset > place->size || bytes * d.i.elements > place->size - address.offset)
        throw LoadError("an access outside the .param variable '" + address.name + "'");
    d.i.immediate = static_cast<s64>(place->offset) + address.offset;
    d.i.handler = memory_handler(form, d.i.elements, bytes, sign_extend, wide ? 8 : 4);
}

void decode_load_or_store(Decoding& d, bool load) {
    Opcode& op = d.opcode;
    if (op.take("volatile"))
        d.i.flags |= volatile_access;
    if (op.take("acquire"))
        d.i.flags |= acquires | strong_access;
    if (op.take("release"))
        d.i.flags |= releases | strong_access;
    if (op.take("relaxed"))
        d.i.flags |= strong_access;
    drop_hints(op);
    d.i.space = take_space(op);
    d.i.elements = op.take("v2") ? 2 : op.take("v4") ? 4 : 1;
    const auto types = op.take_types();
    op.finish();
    d.expect_operands(2, 2);
    if (types.size() != 1 || type_bytes(types[0]) < 1 || type_bytes(types[0]) > 8)
        op.unknown();
    const auto bytes = static_cast<u32>(type_bytes(types[0]));
    const bool sign_extend = types[0].starts_with('s');
    const Operand &address = d.operands[load ? 1 : 0], &value = d.operands[load ? 0 : 1];
    const std::vector<Operand> values = d.parts(value);
    if (values.size() != d.i.elements)
        throw LoadError("wrong number of registers");
    bool wide = bytes == 8;
    for (const Operand& v : values)
        wide |= d.builder.is_wide(v);
    d.i.bytes = static_cast<u8>(bytes);
    if (d.i.elements > 1)
        d.builder.add_extras(d.i, d.i.elements);
    for (size_t k = 0; k < values.size(); ++k) {
        const Field field = d.i.elements > 1 ? extra(k) : Field::d;
        if (load)
            d.builder.destination(d.i, field, values[k], wide);
        else
            d.builder.source(d.i, field, values[k], wide);
    }
    if (d.i.space == Space::parameter) {
        if (address.what == Operand::What::address && address.reg >= 0 && load) {
            // The address of an argument, as mov gives it.
            d.builder.address(d.i, address);
            d.i.category = Class::load_constant;
            d.i.memory = d.builder.program.memory_instructions++;
            d.i.handler = memory_handler(MemoryForm::load, d.i.elements, bytes, sign_extend, wide ? 8 : 4);
        } else {
            decode_parameter_access(d, address, load, bytes, sign_extend, wide);
        }
    } else {
        d.builder.address(d.i, address);
        if (!load && d.i.space == Space::constant)
            throw LoadError("a store to constant memory");
        d.i.category = load_or_store(d.i.space, load);
        d.i.memory = d.builder.program.memory_instructions++;
        d.i.handler = memory_handler(load ? MemoryForm::load : MemoryForm::store, d.i.elements, bytes, sign_extend, wide ? 8 : 4);
        if (load && (d.i.flags & (volatile_access | strong_access)) != 0)
            d.i.kind = Kind::spin;
    }
    if (d.i.handler == nullptr)
        op.unknown();
}

// atom d, [a], b[, c] and red [a], b
void decode_atomic(Decoding& d) {
    Opcode& op = d.opcode;
    const bool returns = op.head == "atom";
    const std::string_view order = op.take_one({"relaxed", "acquire", "release", "acq_rel"});
    op.drop({"gpu", "sys", "cta", "cluster", "noftz"});
    d.i.space = take_space(op);
    if (d.i.space == Space::constant || d.i.space == Space::parameter || d.i.space == Space::local)
        op.unknown();
    const std::string_view what = op.take_one({"add", "exch", "min", "max", "cas", "and", "or", "xor", "inc", "dec"});
    const auto types = op.take_types();
    op.finish();
    const size_t first = returns ? 1 : 0, count = first + (what == "cas" ? 3 : 2);
    d.expect_operands(count, count);
    if (types.size() != 1 || (d.i.handler = atomic_handler(what, types[0])) == nullptr)
        op.unknown();
    d.i.kind = Kind::atomic;
    d.i.category = Class::atomic;
    d.i.flags = static_cast<u8>((order == "acquire" || order == "acq_rel" ? acquires : 0) | (order == "release" || order == "acq_rel" ? releases : 0) | strong_access);
    const bool wide = type_bytes(types[0]) == 8;
    d.i.bytes = wide ? 8 : 4;
    if (returns)
        d.builder.destination(d.i, Field::d, d.operands[0], wide);
    d.builder.address(d.i, d.operands[first]);
    d.builder.source(d.i, Field::b, d.operands[first + 1], wide);
    if (what == "cas")
        d.builder.source(d.i, Field::c, d.operands[first + 2], wide);
    d.i.memory = d.builder.program.memory_instructions++;
}

// cp.async.{ca,cg}.shared.global [d], [s], bytes[, bytes read]
void decode_async_copy(Decoding& d) {
    Opcode& op = d.opcode;
    if (!op.take("async"))
        op.unknown();
    const bool commit = op.take("commit_group"), wait = op.take("wait_group"), wait_all = op.take("wait_all");
    if (commit || wait || wait_all) {
        op.finish();
        d.expect_operands(wait ? 1 : 0, wait ? 1 : 0);
        d.i.category = Class::control;
        d.i.handler = commit ? async_commit_handler() : async_wait_handler();
        d.i.immediate = wait_all ? -1 : wait ? static_cast<s64>(d.operands[0].value) : 0;
        return;
    }
    if (op.take_one({"ca", "cg"}).empty())
        op.unknown();
    op.drop({"L2::64B", "L2::128B", "L2::256B"});
    if (take_space(op) != Space::global || !(op.take("shared") || op.take("shared::cta")))
        op.unknown();
    op.finish();
    d.expect_operands(3, 4);
    const Operand &to = d.operands[0], &from = d.operands[1], &bytes = d.operands[2];
    if (from.what != Operand::What::address || from.reg < 0)
        throw LoadError("the source's address is expected in a register");
    if (bytes.what != Operand::What::immediate || (bytes.value != 4 && bytes.value != 8 && bytes.value != 16))
        throw LoadError("4, 8 or 16 bytes are copied at once");
    d.i.category = Class::copy_async;
    d.i.space = Space::shared;
    d.i.bytes = static_cast<u8>(bytes.value);
    d.i.handler = async_copy_handler();
    d.builder.address(d.i, to);
    Operand source = from;
    source.what = Operand::What::reg;
    d.builder.source(d.i, Field::b, source, true);
    d.builder.add_extras(d.i, 1);
    d.builder.field(d.i, extra(0)) = static_cast<s32>(from.offset);
    if (d.operands.size() == 4)
        d.builder.source(d.i, Field::c, d.operands[3], false);
    d.i.memory = d.builder.program.memory_instructions;
    d.builder.program.memory_instructions += 2;
}

void decode_load_matrix(Decoding& d) {
    Opcode& op = d.opcode;
    op.drop({"sync", "aligned"});
    const std::string_view count = op.take_one({"x1", "x2", "x4"});
    d.i.op = op.take("trans") ? 1 : 0;
    d.i.space = take_space(op);
    if (!op.take("m8n8") || count.empty() || !op.take("b16") || (d.i.space != Space::shared && d.i.space != Space::generic))
        op.unknown();
    op.finish();
    d.expect_operands(2, 2);
    d.i.elements = static_cast<u8>(count[1] - '0');
    const std::vector<Operand> registers = d.parts(d.operands[0]);
    if (registers.size() != d.i.elements)
        throw LoadError("wrong number of registers");
    d.i.category = Class::load_matrix;
    d.i.bytes = 16;
    d.i.handler = load_matrix_handler();
    d.builder.add_extras(d.i, d.i.elements);
    for (size_t k = 0; k < registers.size(); ++k)
        d.builder.destination(d.i, extra(k), registers[k], false);
    d.builder.address(d.i, d.operands[1]);
    d.i.memory = d.builder.program.memory_instructions++;
}

struct MatrixForm {
    std::string_view shape, types;
    Matrix kind;
    s64 depth;
    size_t sums, a, b; // registers
};

constexpr MatrixForm matrix_forms[] = {
    {"m16n8k16", "f32 bf16 bf16 f32 ", Matrix::bf16, 16, 4, 4, 2},    {"m16n8k8", "f32 bf16 bf16 f32 ", Matrix::bf16, 8, 4, 2, 1},
    {"m16n8k16", "f32 f16 f16 f32 ", Matrix::f16, 16, 4, 4, 2},       {"m16n8k8", "f32 f16 f16 f32 ", Matrix::f16, 8, 4, 2, 1},
    {"m16n8k16", "f16 f16 f16 f16 ", Matrix::f16_sums, 16, 2, 4, 2},  {"m16n8k8", "f16 f16 f16 f16 ", Matrix::f16_sums, 8, 2, 2, 1},
    {"m16n8k8", "f32 tf32 tf32 f32 ", Matrix::tf32, 8, 4, 4, 2},      {"m16n8k4", "f32 tf32 tf32 f32 ", Matrix::tf32, 4, 4, 2, 1},
    {"m8n8k4", "f64 f64 f64 f64 ", Matrix::f64, 4, 2, 1, 1},
};

void decode_matrix_product(Decoding& d) {
    Opcode& op = d.opcode;
    op.drop({"sync", "aligned"});
    const std::string_view shape = op.take_one({"m16n8k16", "m16n8k8", "m16n8k4", "m8n8k4"});
    if (!op.take("row") || !op.take("col"))
        op.unknown();
    std::string types;
    for (const std::string_view type : op.take_types())
        types += std::string(type) + " ";
    op.finish();
    d.expect_operands(4, 4);
    for (const MatrixForm& form : matrix_forms) {
        if (form.shape != shape || form.types != types)
            continue;
        const bool wide = form.kind == Matrix::f64;
        const size_t counts[] = {form.sums, form.a, form.b, form.sums};
        d.i.category = Class::mma;
        d.i.op = static_cast<u8>(form.kind);
        d.i.immediate = form.depth;
        d.i.handler = matrix_handler();
        d.builder.add_extras(d.i, form.sums * 2 + form.a + form.b);
        size_t at = 0;
        for (size_t k = 0; k < 4; ++k) {
            const std::vector<Operand> registers = d.parts(d.operands[k]);
            if (registers.size() != counts[k])
                throw LoadError("wrong number of registers");
            for (const Operand& r : registers) {
                if (k == 0)
                    d.builder.destination(d.i, extra(at++), r, wide);
                else
                    d.builder.source(d.i, extra(at++), r, wide);
            }
        }
        const s64 rows = wide ? 8 : 16;
        d.flop = static_cast<s32>(2 * rows * 8 * form.depth / warp_size);
        return;
    }
    op.unknown();
}

} // namespace

bool decode_memory(Decoding& d) {
    const std::string_view head = d.opcode.head;
    if (head == "ld" || head == "ldu" || head == "st")
        decode_load_or_store(d, head != "st");
    else if (head == "atom" || head == "red")
        decode_atomic(d);
    else if (head == "cp")
        decode_async_copy(d);
    else if (head == "ldmatrix")
        decode_load_matrix(d);
    else if (head == "mma")
        decode_matrix_product(d);
    else
        return false;
    return true;
}

} // namespace pck::emulator
