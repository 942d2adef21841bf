#pragma once

#include "core/base/assert.h"
#include "core/replication/links/primary_link.h"
#include "core/replication/links/secondary_link.h"
#include "tests/core/replication/test_store.h"

#include <algorithm>
#include <memory>

namespace fuzz {

using namespace core;
using namespace core::replication;

/// The two ends of a link, in a chosen state. Then either end gets the bytes of a stranger.
class LinkEnds {
public:
    enum class Start { Fresh, Reconciling, Streaming };

    LinkEnds(Type type, Start start, int keys = 40) : m_type{type}
    {
        for (int number = 0; number < keys; ++number) {
            m_primary.write(
                {m_primary.put("s/logical/one/" + std::to_string(number), "value"), m_primary.put("l/sys/" + std::to_string(number), "own")});
        }
        if (start == Start::Streaming) {
            std::vector<log::Operation> same;
            for (const auto& [key, value] : m_primary.values()) {
                if (LinkFilter{type}.carries(key)) same.push_back(m_primary.put(key, value));
            }
            Position position;
            position.logId = "log-a";
            position.index = position.lastRelevantIndex = m_primary.appliedIndex();
            position.epoch = Epoch{1};
            same.push_back({log::OperationKind::Put, Position::key(type), position.encode(), {}, {}});
            m_secondary.write(std::move(same));
            m_position = position;
        } else {
            m_secondary.write({m_secondary.put("s/logical/one/7", "another"), m_secondary.put("s/logical/one/more", "surplus"),
                               m_secondary.put("s/logical/two/1", "surplus")});
        }
        m_primaryLink = std::make_unique<PrimaryLink>(PrimaryLink::Options{.type = type, .secondaryId = "b"}, m_primary, m_hasher, m_clock, local());
        m_secondaryLink = std::make_unique<SecondaryLink>(SecondaryLink::Options{.type = type, .secondaryId = "b"}, m_secondary, m_hasher, m_clock,
                                                          local(), m_position);
        m_secondaryLink->connected();
        if (start == Start::Fresh) return;
        pass(*m_secondaryLink, *m_primaryLink, 1); // hello
        pass(*m_primaryLink, *m_secondaryLink, 1); // welcome
    }

    std::string primarySays() { return pullAll(*m_primaryLink); }
    /// Both return the end's answer.
    std::string toPrimary(const Frame& frame)
    {
        m_primaryLink->received(frame);
        std::string said = pullAll(*m_primaryLink);
        m_primaryLink->tick();
        return said;
    }
    std::string toSecondary(const Frame& frame)
    {
        m_secondaryLink->received(frame);
        while (auto apply = m_secondaryLink->takeApply()) {
            apply->operations.forEach([&](const log::OperationView& operation) {
                CORE_ASSERT(LinkFilter{m_type}.carries(operation.key) || operation.key == Position::key(m_type));
                const bool isForged = operation.kind == log::OperationKind::Put && LinkFilter{m_type}.carries(operation.key) &&
                                      operation.leafDigest != m_hasher.leafDigest(m_hasher.keyHash(operation.key), operation.value);
                CORE_ASSERT(!isForged);
            });
            m_secondaryLink->applied(m_secondary.write(apply->operations));
        }
        std::string said = pullAll(*m_secondaryLink);
        m_secondaryLink->tick();
        return said;
    }
    const merkle::Forest& primaryForest() const { return m_primary.forest(); }
    const merkle::Forest& secondaryForest() const { return m_secondary.forest(); }
    bool isReconciled() const
    {
        const auto trees = LinkFilter{m_type}.trees();
        return m_secondaryLink->state() == SecondaryLink::State::StreamWals && m_primary.forest().root(trees) == m_secondary.forest().root(trees);
    }

private:
    static LocalInfo local()
    {
        LocalInfo info;
        info.setId = "set";
        info.epoch = Epoch{1};
        info.self = {"https://api", "https://cluster"};
        return info;
    }
    template<class End>
    static std::string pullAll(End& end)
    {
        std::string said;
        for (int count = 0; count < 1000; ++count) {
            const std::string bytes = end.pull();
            if (bytes.empty()) break;
            said += bytes;
        }
        return said;
    }
    template<class From, class To>
    static void pass(From& from, To& to, int frames)
    {
        FrameDecoder decoder;
        for (int count = 0; count < frames; ++count) {
            decoder.feed(from.pull());
            auto frame = decoder.next();
            if (frame && *frame) to.received(**frame);
        }
    }

    Type m_type;
    testing::TestStore m_primary{"log-a"};
    testing::TestStore m_secondary{"log-b"};
    testing::TestHasher m_hasher;
    FakeClock m_clock;
    Position m_position;
    std::unique_ptr<PrimaryLink> m_primaryLink;
    std::unique_ptr<SecondaryLink> m_secondaryLink;
};

} // namespace fuzz
