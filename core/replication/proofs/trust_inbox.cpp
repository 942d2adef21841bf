#include "core/replication/proofs/trust_inbox.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::size_t kMessagesMax = 5; // in a second
constexpr std::chrono::seconds kAgainAfter{5};
constexpr std::chrono::milliseconds kPause{250}; // between two messages to one cluster

std::uint32_t numberOf(Type type)
{
    return type == Type::Dr ? 2 : 1;
}

std::string frameOf(Type type, const std::vector<std::string>& entries)
{
    wire::Trust message;
    message.set_type(numberOf(type));
    for (const auto& entry : entries) message.add_entries(entry);
    return encodeFrame(FrameType::Trust, message);
}

} // namespace

bool TrustInbox::receive(const Frame& frame, SteadyTime now)
{
    wire::Trust message;
    const bool isGood = parseFrame(frame, message) && message.type() >= 1 && message.type() <= 2 &&
                        static_cast<std::size_t>(message.entries_size()) <= trust::kMessageEntriesMax;
    if (!isGood) return false;
    // Checking an entry costs signatures and maybe a commit, so a flood must be dropped here.
    while (!m_lately.empty() && now - m_lately.front() > std::chrono::seconds{1}) m_lately.pop_front();
    if (m_lately.size() >= kMessagesMax || m_messages.size() >= kMessagesMax) return true; // too often: dropped
    m_lately.push_back(now);
    m_messages.push_back({message.type() == 2 ? Type::Dr : Type::Performance, {message.entries().begin(), message.entries().end()}, message.log()});
    return true;
}

std::optional<TrustMessage> TrustInbox::take()
{
    if (m_messages.empty()) return std::nullopt;
    auto message = std::move(m_messages.front());
    m_messages.pop_front();
    return message;
}

void TrustTeller::heard(const google::protobuf::RepeatedPtrField<wire::TrustHead>& heads)
{
    m_peerHeads = {};
    for (int at = 0; at < std::min(heads.size(), 2); ++at) {
        const auto& head = heads.Get(at);
        if (head.head().size() == trust::kHashBytes) m_peerHeads[head.type() == 2].head = head.head();
    }
}

void TrustTeller::heardBefore(const Frame& frame, const TrustLogs& own)
{
    wire::Trust message;
    if (!parseFrame(frame, message)) return;
    const Type type = message.type() == 2 ? Type::Dr : Type::Performance;
    const auto& log = own.of(type);
    auto& told = m_peerHeads[type == Type::Dr];
    if (!log || !told.head.empty()) return;
    std::uint64_t generation = 0;
    for (const auto& encoded : message.entries()) {
        const auto entry = trust::Entry::parse(encoded);
        if (!entry) return;
        if (entry->generation <= generation || !log->judge().isBehindHead(entry->hash)) continue;
        generation = entry->generation;
        told.head = entry->hash;
    }
    m_isOn = m_isOn || !told.head.empty();
}

void TrustTeller::heardAgain(const google::protobuf::RepeatedPtrField<wire::TrustHead>& heads, SteadyTime now)
{
    for (int at = 0; at < std::min(heads.size(), 2); ++at) {
        const auto& head = heads.Get(at);
        auto& told = m_peerHeads[head.type() == 2];
        if (head.head().size() == trust::kHashBytes && head.head() != told.head && now - told.at > kAgainAfter) told.head = head.head();
    }
}

std::vector<std::string> TrustTeller::due(const TrustLogs& own, SteadyTime now, bool mayBegin)
{
    std::vector<std::string> frames;
    if (!m_isOn || now < m_nextAt) return frames;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto& log = own.of(type);
        auto& told = m_peerHeads[type == Type::Dr];
        if (!log || told.head == log->head().hash) continue;
        if (told.head.empty() && !mayBegin) continue;
        m_nextAt = now + kPause;
        told.at = now;
        if (told.head.empty()) {
            wire::Trust message;
            message.set_type(numberOf(type));
            message.set_log(log->summary().encode());
            frames.push_back(encodeFrame(FrameType::Trust, message));
            told.head = log->head().hash;
            continue;
        }
        const bool isKnown = log->judge().find(told.head) != nullptr;
        const auto missing = log->missingAt(told.head);
        told.head = log->head().hash;
        for (const auto& entry : log->judge().chain()) { // if the entries did not fit into one message, the next message continues
            if (isKnown && !missing.empty() && entry->encoded == missing.back()) told.head = entry->hash;
        }
        if (!missing.empty()) frames.push_back(frameOf(type, missing));
    }
    return frames;
}

std::vector<std::string> TrustTeller::dueOnce(const TrustLogs& own)
{
    std::vector<std::string> frames;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto& log = own.of(type);
        auto& told = m_peerHeads[type == Type::Dr];
        if (!m_isOn || !log || told.isDone || told.head.empty() || !log->judge().find(told.head)) continue;
        told.isDone = true;
        const auto missing = log->missingAt(told.head);
        if (!missing.empty()) frames.push_back(frameOf(type, missing));
    }
    return frames;
}

void toWire(const TrustLogs& logs, google::protobuf::RepeatedPtrField<wire::TrustHead>& out)
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        if (!logs.of(type)) continue;
        auto& head = *out.Add();
        head.set_type(numberOf(type));
        head.set_head(logs.of(type)->head().hash);
    }
}

} // namespace core::replication
