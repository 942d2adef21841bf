#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace core::snapshot {

/// The parts of a tar file, packed by gzip or not, read in order. The cost of finding out that a file is no snapshot is bounded: the number of
/// headers, the bytes of output, and the input that brings no output. Not thread-safe.
class ArchiveParts {
public:
    /// Headers in a file: the four parts of a snapshot, and those that tar programs put before them.
    static constexpr int kHeaderCountMax = 16;

    /// `unpackedBytesMax` limits all output, including headers and padding. Errors: Io, Corrupt (no archive).
    static Result<ArchiveParts> open(const std::filesystem::path& file, std::uint64_t unpackedBytesMax);
    ArchiveParts(ArchiveParts&&) noexcept;
    ArchiveParts& operator=(ArchiveParts&&) = delete;
    ~ArchiveParts();

    struct Part {
        std::string name;
        std::uint64_t bytes = 0;
    };
    /// The next part; empty at the end. Skips what read() has left of the part before. Errors: Corrupt, TooLarge.
    Result<std::optional<Part>> next();
    /// Reads bytes of the part; 0 at its end. Errors: Corrupt (cut off, damaged), TooLarge.
    Result<std::size_t> read(std::span<char> out);

private:
    struct Source;
    explicit ArchiveParts(std::unique_ptr<Source> source);
    Result<std::optional<Part>> readHeaders();
    Result<> readWhole(std::span<char> out);
    Result<> skip(std::uint64_t bytes);

    std::unique_ptr<Source> m_source;
    int m_headerCount = 0;
    std::uint64_t m_rest = 0;    // of the part
    std::uint64_t m_padding = 0; // behind it
    bool m_isOver = false;
};

} // namespace core::snapshot
