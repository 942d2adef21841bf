#pragma once

#include <string>

namespace core::replication {

/// The first program that tells its version over links. What tells none is older.
inline constexpr const char* kFirstToldProgram = "0.2.0";

/// -1, 0, 1 by the numbers of "1.2.3"; what follows them does not count.
int compareVersions(const std::string& left, const std::string& right);

/// Whether a cluster that told this version runs an older program than `own`; empty: it told none.
bool isOlderProgram(const std::string& told, const std::string& own);

/// "Holdfast 0.2.0", or "a Holdfast older than 0.2.0" of one that told nothing.
std::string programText(const std::string& told);

/// Why a cluster must not follow a primary: it runs an older program. Data of the newer one may mean nothing to it. Empty: it may.
/// An empty version is of a program that told none.
struct Follower {
    std::string program;
    std::string primarysProgram;

    bool isOlder() const;
    /// As the follower says it, and as the primary does.
    std::string refusalHere() const;
    std::string refusalByPrimary(const std::string& secondaryId) const;
};

/// A version from another cluster: printable and short, or empty.
std::string programFromWire(const std::string& text);

} // namespace core::replication
