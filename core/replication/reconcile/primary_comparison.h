#pragma once

#include "core/log/store.h"
#include "core/replication/reconcile/leaf_list.h"
#include "core/replication/reconcile/primary_values.h"
#include "core/replication/wire/frame.h"
#include "core/replication/wire/wire.pb.h"

#include <deque>
#include <map>

namespace core::replication {

/// The primary's half of one reconciliation. Page digests of trees that differ go out; leaves of pages that differ come in; entries and names of
/// absent leaves go out. Holds at most one chunk of data. All that the secondary sends is checked: it may be hostile. Single-threaded, as its link.
class PrimaryComparison {
public:
    struct Options {
        std::uint32_t digestBytes = kPageDigestBytes;
        Epoch epoch;
        SteadyTime now;
    };
    /// `state`: what the secondary must get. `hello`: what it has. The references outlive this object.
    PrimaryComparison(const log::Store& store, const LeafHasher& hasher, const merkle::Forest::State& state, const wire::Hello& hello,
                      Options options);

    /// Which trees the secondary must delete, and how much comes unasked.
    void describe(wire::Welcome& welcome) const;
    /// The answer for the secondary; empty: none. Errors: Corrupt.
    Result<std::string> onPageLeaves(const Frame& frame, const LinkFilter& scope, SteadyTime now);
    void onPageLeavesEnd() { m_areLeavesEnded = true; }

    /// The next frame of page digests; empty: all have been sent.
    std::string pullPages(SteadyTime now, PrimaryStatistics& statistics);
    /// The next frame of entries, which costs credit; empty: nothing now. Errors: Io, Corrupt.
    Result<std::string> pullEntries(PrimaryStatistics& statistics);
    /// Both ends have shown and sent everything.
    bool isDone() const { return m_areDigestsEnded && m_areLeavesEnded && hasSentAll(); }
    /// This end waits for leaves that do not arrive, though the secondary is connected.
    bool isStalled(SteadyTime now) const;

private:
    struct PageTree { // one tree whose page digests are being sent
        std::string tree;
        std::uint32_t pageCount = 1;
        std::uint32_t nextPage = 0;
        std::vector<merkle::LeafDigest> digests; // read when its turn comes
    };
    struct WholeTree { // one tree of which every leaf is being sent
        std::string tree;
        std::uint32_t pageCount = 1;
        std::uint32_t nextPage = 0;
    };
    struct Wanted { // leaves that the secondary lacks or has with another value
        std::string tree;
        std::vector<merkle::KeyHash> hashes;
        std::size_t next = 0;
    };
    struct Offered { // a tree whose pages the secondary may answer, each once and in order
        std::uint32_t pageCount = 1;
        std::uint32_t next = 0;
    };
    struct Chunk { // of entries
        log::Record record;
        std::size_t bytes = 0;
        bool isFull() const { return bytes >= kChunkBytes; }
    };

    bool hasSentAll() const { return m_wanted.empty() && m_wholeTrees.empty(); }
    /// Adds the present value of a leaf. Adds nothing for a leaf that is gone. Errors: Io, Corrupt.
    Result<> addEntry(Chunk& chunk, std::string_view tree, const merkle::KeyHash& hash) const;
    /// Adds entries until the chunk is full.
    Result<> addEntries(Chunk& chunk, Wanted& wanted) const;
    Result<> addWanted(Chunk& chunk);
    Result<> addWhole(Chunk& chunk);

    const log::Store& m_store;
    const LeafHasher& m_hasher;
    const Options m_options;
    std::deque<PageTree> m_pageTrees;
    std::map<std::string, Offered, std::less<>> m_offered;
    std::vector<std::string> m_absentTrees; // that only the secondary has
    std::uint64_t m_wholeLeafCount = 0;
    bool m_areDigestsEnded = false;
    bool m_areLeavesEnded = false;
    SteadyTime m_lastStep; // pages sent or leaves received
    std::deque<WholeTree> m_wholeTrees;
    std::deque<Wanted> m_wanted;
};

/// The number of pages into which a tree of this size is cut for comparing.
std::uint32_t pageCountFor(std::uint64_t leafCount);

} // namespace core::replication
