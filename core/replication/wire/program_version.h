#pragma once

#include <string>

namespace core::replication {

/// The first program that sends its version over links. A program that sends none is older.
inline constexpr const char* kFirstToldProgram = "0.2.0";

/// -1, 0 or 1, by the numbers of "1.2.3". Text after the numbers does not count.
int compareVersions(const std::string& left, const std::string& right);

/// Whether a cluster that sent this version runs an older program than `own`. Empty: it sent none, so it is older.
bool isOlderProgram(const std::string& told, const std::string& own);

/// "Holdfast 0.2.0"; for an empty version "a Holdfast older than 0.2.0".
std::string programText(const std::string& told);

/// Decides whether a cluster must not follow a primary, because the cluster's program is older and perhaps cannot read the primary's data.
/// An empty text means that it may. An empty version: the program sent none.
struct Follower {
    std::string program;
    std::string primarysProgram;

    bool isOlder() const;
    /// The text for the follower, and the text for the primary.
    std::string refusalHere() const;
    std::string refusalByPrimary(const std::string& secondaryId) const;
};

/// A version from another cluster: printable and short, or empty.
std::string programFromWire(const std::string& text);

} // namespace core::replication
