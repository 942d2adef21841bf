#pragma once

#include "core/snapshot/destination.h"

namespace core::snapshot {

/// A folder of this machine. It is made when the first file is stored. Files have mode 0600.
class LocalDestination final : public Destination {
public:
    explicit LocalDestination(std::filesystem::path directory) : m_directory{std::move(directory)} {}

    Result<std::vector<File>> list(std::string_view prefix) override;
    Result<> put(const std::filesystem::path& file, const std::string& name) override;
    Result<> get(const std::string& name, const std::filesystem::path& file, std::uint64_t bytesMax) override;
    Result<> remove(const std::string& name) override;
    std::string url(const std::string& name) const override { return "file://" + (m_directory / name).string(); }
    std::filesystem::path workFolder() const override { return m_directory; }

private:
    Result<> makeFolder() const;

    const std::filesystem::path m_directory;
};

} // namespace core::snapshot
