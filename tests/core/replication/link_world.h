#pragma once

#include "core/replication/links/primary_link.h"
#include "core/replication/links/secondary_link.h"
#include "tests/core/replication/test_store.h"

#include <QtGlobal>

#include <functional>
#include <random>

namespace testing {

using namespace core::replication;

/// A primary and a secondary with one connection between them. A test moves it by hand or by a seed. Until the connection is cut, it keeps
/// the order and loses only what the test tells it to lose. A cut loses everything on the way.
class LinkWorld : public ScopeSource {
public:
    LinkWorld(Type type, std::uint64_t seed) : m_type{type}, m_random{seed} { restartSecondary(); }

    TestStore primary{"log-a"};
    TestStore secondary{"log-b"};
    std::unique_ptr<PrimaryLink> primaryLink;
    std::unique_ptr<SecondaryLink> secondaryLink;
    FakeClock clock;
    Epoch epoch{1};
    std::string statement; // known to each link made after this
    std::shared_ptr<const StatementVerifier> verifier;
    std::uint64_t bytesToSecondary = 0, bytesToPrimary = 0;
    std::size_t frameBytesMaxSeen = 0;

    void connect()
    {
        cut();
        primaryLink = std::make_unique<PrimaryLink>(PrimaryLink::Options{m_type, "b", this, gate ? &*gate : nullptr, primaryKeys}, primary, m_hasher,
                                                    clock, localOfPrimary());
        m_isConnected = true;
        secondaryLink->connected();
    }
    void cut()
    {
        if (m_isConnected) secondaryLink->disconnected();
        m_isConnected = false;
        primaryLink.reset();
        m_toPrimary.clear();
        m_toSecondary.clear();
        m_atPrimary = {};
        m_atSecondary = {};
    }
    /// The secondary's process is killed and starts again with what its store holds.
    void restartSecondary()
    {
        if (m_isConnected) cut();
        m_apply.reset();
        if (secondaryLink) m_rootsDifferent += secondaryLink->statistics().rootsDifferent;
        Position position;
        const auto stored = secondary.get(Position::key(m_type));
        if (stored && *stored) position = *Position::decode(**stored);
        SecondaryLink::Options options{m_type, "b"};
        options.windowBytes = windowBytes;
        options.keys = secondaryKeys;
        secondaryLink = std::make_unique<SecondaryLink>(options, secondary, m_hasher, clock, localOfSecondary(), position);
    }
    std::uint64_t windowBytes = kWindowBytes;
    const KeySource* primaryKeys = nullptr; // of links made after this
    const KeySource* secondaryKeys = nullptr;
    std::function<Result<>(const SecretBytes&)> storeKeys; // stores the keys that the secondary receives
    void takeKeys()
    {
        const auto keys = secondaryLink->takeKeys();
        if (!keys) return;
        secondaryLink->keysTaken(storeKeys(*keys));
        closeIfFailed();
    }

    // ScopeSource: the secondary's filter as the test sets it, for the mounts whose rows the primary has.
    std::optional<std::set<std::string, std::less<>>> denied;
    LinkFilter scope() const
    {
        if (!denied) return LinkFilter{m_type};
        LinkFilter::Mounts mounts{.chosen = *denied};
        for (const auto& [key, value] : primary.values()) {
            if (key.starts_with("s/core/mounts/")) mounts.known.insert(key.substr(14));
        }
        return LinkFilter{m_type, std::move(mounts)};
    }
    LinkFilter scope(Type, const std::string&) const override { return scope(); }
    std::uint64_t scopeVersion() const override { return version; }
    std::uint64_t version = 1;
    std::optional<RelayGate> gate;  // the primary is a relay
    std::vector<std::string> chain; // down to the primary
    std::string secondaryClusterId;
    std::string everythingToSecondary; // every byte that was sent to it

    std::optional<FrameType> losesNext; // the next frame of this type does not arrive

    bool isConnected() const { return m_isConnected; }
    void deliverToPrimary(std::size_t bytes)
    {
        while (m_toPrimary.size() < bytes) {
            const std::string more = secondaryLink->pull();
            if (more.empty()) break;
            bytesToPrimary += more.size();
            m_toPrimary += more;
        }
        if (!primaryLink) return;
        m_atPrimary.feed(take(m_toPrimary, bytes));
        while (auto frame = next(m_atPrimary)) {
            if (!isLost(*frame)) primaryLink->received(*frame);
        }
        closeIfFailed();
    }
    void deliverToSecondary(std::size_t bytes)
    {
        while (primaryLink && m_toSecondary.size() < bytes) {
            const std::string more = primaryLink->pull();
            if (more.empty()) break;
            frameBytesMaxSeen = std::max(frameBytesMaxSeen, more.size());
            bytesToSecondary += more.size();
            if (denied) everythingToSecondary += more;
            m_toSecondary += more;
        }
        m_atSecondary.feed(take(m_toSecondary, bytes));
        while (auto frame = next(m_atSecondary)) {
            if (!isLost(*frame)) secondaryLink->received(*frame);
        }
        closeIfFailed();
    }
    /// Takes the secondary's next batch. finishApply() commits it later.
    void beginApply()
    {
        if (!m_apply) m_apply = secondaryLink->takeApply();
    }
    void finishApply()
    {
        if (!m_apply) return;
        const LogIndex index = secondary.write(m_apply->operations);
        m_apply.reset();
        secondaryLink->applied(index);
        closeIfFailed();
    }
    /// The secondary's store refuses the batch. Returns whether the link would continue to apply before it is closed.
    bool failApply()
    {
        m_apply.reset();
        secondaryLink->applied(Error{ErrorCode::Io, "a disk that fails"});
        const bool goesOn = secondaryLink->takeApply().has_value();
        closeIfFailed();
        return goesOn;
    }
    void advance(std::chrono::milliseconds by)
    {
        clock.advance(by);
        if (primaryLink) primaryLink->tick();
        secondaryLink->tick();
        closeIfFailed();
    }
    /// Delivers everything until both ends agree. False if they do not within this many rounds.
    bool settle(int rounds = 200)
    {
        int calm = 0;
        for (int round = 0; round < rounds; ++round) {
            if (!m_isConnected) connect();
            for (int step = 0; step < 64; ++step) {
                deliverToPrimary(1u << 20);
                deliverToSecondary(1u << 20);
                beginApply();
                finishApply();
                takeKeys();
            }
            advance(std::chrono::milliseconds{500});
            const bool isCalm =
                m_isConnected && secondaryLink->isCaughtUp() && secondaryLink->position().index == primary.appliedIndex() && areRootsEqual();
            calm = isCalm ? calm + 1 : 0;
            if (calm >= 4) return true;
        }
        return false;
    }
    bool areRootsEqual() const { return primary.forest().root(scope().trees()) == secondary.forest().root(LinkFilter{m_type}.trees()); }
    bool areContentsEqual() const { return carried(primary) == carried(secondary); }

    /// One transaction on the primary, of a few keys of every class.
    void writeSomething()
    {
        std::vector<log::Operation> operations;
        std::set<std::string> keys;
        for (auto count = pick(3) + 1; count-- > 0;) {
            static constexpr const char* kFolders[] = {"s/core/", "s/logical/one/", "s/logical/two/", "l/sys/", "l/logical/three/", "i/own/"};
            const std::string key = kFolders[pick(6)] + std::to_string(pick(300));
            if (!keys.insert(key).second) continue;
            if (pick(4) == 0) operations.push_back(primary.erase(key));
            else operations.push_back(primary.put(key, std::to_string(m_random()) + std::string(pick(400), 'x')));
        }
        primary.write(std::move(operations));
    }
    std::size_t pick(std::size_t below) { return static_cast<std::size_t>(m_random() % below); }
    /// How often a marker met another root, in all lives of the secondary.
    std::uint64_t rootsDifferent() const { return m_rootsDifferent + secondaryLink->statistics().rootsDifferent; }

private:
    bool isLost(const Frame& frame)
    {
        if (losesNext != frame.type) return false;
        losesNext.reset();
        return true;
    }
    LocalInfo local() const
    {
        LocalInfo info{"set", epoch, {"https://api", "https://cluster"}, {"https://cluster"}, {"https://failover"}};
        info.statement = statement;
        info.verifier = verifier;
        return info;
    }
    LocalInfo localOfPrimary() const
    {
        LocalInfo info = local();
        info.chain = chain;
        return info;
    }
    LocalInfo localOfSecondary() const
    {
        LocalInfo info = local();
        info.clusterId = secondaryClusterId;
        return info;
    }
    static std::string take(std::string& from, std::size_t bytes)
    {
        std::string taken = from.substr(0, bytes);
        from.erase(0, taken.size());
        return taken;
    }
    static std::optional<Frame> next(FrameDecoder& decoder)
    {
        auto frame = decoder.next();
        if (!frame) qFatal("a frame that was sent does not decode");
        return std::move(*frame);
    }
    void closeIfFailed()
    {
        const bool isFailed = secondaryLink->failure() || (primaryLink && primaryLink->failure());
        if (!m_isConnected || !isFailed) return;
        // The frame that explains the failure is still sent, as a transport would flush it.
        if (primaryLink) {
            for (std::string more = primaryLink->pull(); !more.empty(); more = primaryLink->pull()) m_toSecondary += more;
            m_atSecondary.feed(m_toSecondary);
            while (auto frame = next(m_atSecondary)) {
                if (!isLost(*frame)) secondaryLink->received(*frame);
            }
        }
        lastSecondaryFailure = secondaryLink->failure();
        wasRefused = secondaryLink->isRefused();
        if (primaryLink) laterStatement = primaryLink->laterStatement();
        if (const auto news = secondaryLink->takeLearned()) learned = news->statement;
        cut();
    }
    std::map<std::string, std::string> carried(const TestStore& store) const
    {
        std::map<std::string, std::string> values;
        for (const auto& [key, value] : store.values()) {
            if (scope().carries(key)) values.emplace(key, value);
        }
        return values;
    }

public:
    std::optional<Error> lastSecondaryFailure;
    std::string laterStatement; // shown to the primary
    std::string learned;        // by the secondary
    bool wasRefused = false;

private:
    Type m_type;
    std::mt19937_64 m_random;
    TestHasher m_hasher;
    bool m_isConnected = false;
    std::uint64_t m_rootsDifferent = 0;
    std::string m_toPrimary, m_toSecondary;
    FrameDecoder m_atPrimary, m_atSecondary;
    std::optional<SecondaryLink::Apply> m_apply;
};

} // namespace testing
