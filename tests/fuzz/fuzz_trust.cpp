#include "core/base/assert.h"
#include "core/trust/link_proof.h"
#include "core/trust/trust_log.h"

#include <cstdint>

namespace {

using namespace core;
using namespace core::trust;

SigningKey keyOf(char letter)
{
    return SigningKey{SecretBytes::copyOf(std::string(32, letter))};
}

/// The log that the inputs are about: a leads, b has the right to succeed, c has not.
const TrustLog& sampleLog()
{
    static const TrustLog log = [] {
        const SigningKey a = keyOf('a');
        Entry found;
        found.kind = EntryKind::Found;
        found.type = "dr";
        found.setId = "set";
        found.epoch = found.generation = 1;
        found.authority = a.publicKey();
        found.seats = {{.kind = SeatKind::Primary, .memberKey = a.publicKey(), .maySucceed = true},
                       {.id = "b", .kind = SeatKind::DrSecondary, .memberKey = keyOf('b').publicKey(), .maySucceed = true},
                       {.id = "c", .kind = SeatKind::DrSecondary, .memberKey = keyOf('c').publicKey()}};
        CORE_ASSERT(found.sign({&a}));
        auto begun = TrustLog::begin(std::move(found));
        CORE_ASSERT(begun);
        return std::move(*begun);
    }();
    return log;
}

/// Entries one after another, each after its length in two bytes.
std::vector<std::string> cut(std::string_view text)
{
    std::vector<std::string> out;
    while (text.size() >= 2 && out.size() < 100) {
        const auto length =
            static_cast<std::size_t>(static_cast<unsigned char>(text[0])) | static_cast<std::size_t>(static_cast<unsigned char>(text[1])) << 8;
        text.remove_prefix(2);
        out.emplace_back(text.substr(0, length));
        text.remove_prefix(std::min(length, text.size()));
    }
    return out;
}

} // namespace

// The first byte chooses what the rest is: everything of the trust log that other clusters send, and everything that is stored.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0] % 4) {
    case 0: {
        const auto entry = Entry::parse(text);
        if (!entry) break;
        CORE_ASSERT(entry->encoded == text && entry->hash.size() == kHashBytes);
        static_cast<void>(isSignedRightly(*entry, nullptr));
        static_cast<void>(mayFollow(*entry, &sampleLog().head()));
        break;
    }
    case 1: {
        TrustLog log = sampleLog();
        const auto intake = log.take(cut(text));
        // The present leader had the right to succeed, and the stored log can be read again.
        CORE_ASSERT(log.head().authority == keyOf('a').publicKey() || log.head().authority == keyOf('b').publicKey());
        CORE_ASSERT(intake.isNews || log.head().hash == sampleLog().head().hash);
        const auto again = TrustLog::decode(log.encode());
        CORE_ASSERT(again && again->head().hash == log.head().hash);
        for (const auto& entry : log.missingAt(sampleLog().head().hash)) CORE_ASSERT(Entry::parse(entry));
        break;
    }
    case 2: {
        const auto log = TrustLog::decode(text);
        if (log) static_cast<void>(log->judge().revocations());
        break;
    }
    default: {
        const LinkClaim claim{
            .exporter = std::string(kExporterBytes, 'e'), .protocol = "p", .isClient = true, .setId = "set", .type = "dr", .seat = "b"};
        CORE_ASSERT(!claim.isSignedBy(keyOf('b').publicKey(), text)); // nobody has its key
        break;
    }
    }
    return 0;
}
