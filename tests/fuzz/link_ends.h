#pragma once

#include "core/base/assert.h"
#include "core/replication/primary_link.h"
#include "core/replication/secondary_link.h"
#include "tests/core/replication/test_store.h"

#include <algorithm>
#include <memory>

namespace fuzz {

using namespace core;
using namespace core::replication;

/// The two ends of a link, brought into a state in which either of them then gets what a stranger sends.
class LinkEnds {
public:
    enum class Start { Fresh, Reconciling, Streaming };

    LinkEnds(Type type, Start start) : m_type{type}
    {
        for (int number = 0; number < 40; ++number) {
            m_primary.write({m_primary.put("s/logical/one/" + std::to_string(number), "value"), m_primary.put("l/sys/" + std::to_string(number), "own")});
        }
        if (start == Start::Streaming) {
            std::vector<log::Operation> same;
            for (const auto& [key, value] : m_primary.values()) {
                if (LinkScope{type}.carries(key)) same.push_back(m_primary.put(key, value));
            }
            Position position;
            position.logId = "log-a";
            position.index = position.lastRelevantIndex = m_primary.appliedIndex();
            position.epoch = Epoch{1};
            same.push_back({log::OperationKind::Put, Position::key(type), position.encode(), {}, {}});
            m_secondary.write(std::move(same));
            m_position = position;
        } else {
            m_secondary.write({m_secondary.put("s/logical/one/7", "another"), m_secondary.put("s/logical/two/1", "surplus")});
        }
        m_primaryLink = std::make_unique<PrimaryLink>(PrimaryLink::Options{.type = type, .secondaryId = "b"}, m_primary, m_hasher, m_clock, local());
        m_secondaryLink = std::make_unique<SecondaryLink>(SecondaryLink::Options{.type = type, .secondaryId = "b"}, m_secondary, m_hasher, m_clock,
                                                          local(), m_position);
        m_secondaryLink->connected();
        if (start == Start::Fresh) return;
        pass(*m_secondaryLink, *m_primaryLink, 1); // hello
        pass(*m_primaryLink, *m_secondaryLink, 1); // welcome
    }

    void toPrimary(const Frame& frame)
    {
        m_primaryLink->received(frame);
        for (int count = 0; count < 1000 && !m_primaryLink->pull().empty(); ++count) {}
        m_primaryLink->tick();
    }
    void toSecondary(const Frame& frame)
    {
        m_secondaryLink->received(frame);
        for (int count = 0; count < 1000 && !m_secondaryLink->pull().empty(); ++count) {}
        if (auto apply = m_secondaryLink->takeApply()) {
            for (const auto& operation : apply->operations) {
                CORE_ASSERT(LinkScope{m_type}.carries(operation.key) || operation.key == Position::key(m_type));
                const bool isForged = operation.kind == log::OperationKind::Put && LinkScope{m_type}.carries(operation.key)
                                      && operation.leafDigest != m_hasher.leafDigest(m_hasher.keyHash(operation.key), operation.value);
                CORE_ASSERT(!isForged);
            }
            m_secondaryLink->applied(m_secondary.write(std::move(apply->operations)));
        }
        m_secondaryLink->tick();
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
