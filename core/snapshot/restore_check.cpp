#include "core/snapshot/restore_check.h"

#include "core/barrier/seal.h"
#include "core/barrier/sealed_value.h"
#include "core/barrier/stored_seal.h"
#include "core/base/logging.h"
#include "core/snapshot/entry_root.h"

#include <algorithm>

namespace core::snapshot {
namespace {

using barrier::Keyring;

constexpr std::string_view kSumsName = "i/snapshot/SHA256SUMS"; // the sealed checksums are bound to this name; it is never stored

Error corrupt(std::string text)
{
    return Error{ErrorCode::Corrupt, std::move(text)};
}

/// Checks the entries in order, without any key.
class FormCheck {
public:
    Result<> add(const Entry& entry)
    {
        if (!belongsIntoSnapshot(entry.key)) return corrupt("the snapshot holds a key that does not belong in a snapshot");
        if (barrier::isSealKey(entry.key)) return addSealRow(entry);
        if (entry.key <= m_last) return corrupt("the snapshot's entries are not in order, or one occurs twice");
        m_last = entry.key;
        const auto parts = barrier::splitSealed(entry.value);
        const bool isKeyring = entry.key == barrier::kKeyringKey;
        if (!parts || (parts->term == barrier::kNoTerm) != isKeyring) return corrupt("a value of the snapshot is not sealed");
        if (entry.leafDigest == merkle::LeafDigest{}) return corrupt("a leaf of the snapshot is missing");
        if (isKeyring) m_keyring = entry.value;
        m_root.add(entry);
        return {};
    }

    Result<barrier::StoredSeal> seal() const { return barrier::StoredSeal::parse(m_config, m_rootKey, m_recovery); }
    const std::optional<std::string>& keyring() const { return m_keyring; }
    std::string root() const { return m_root.finish(); }

private:
    Result<> addSealRow(const Entry& entry)
    {
        auto& row = entry.key == barrier::kSealConfigKey ? m_config : entry.key == barrier::kRootKeyKey ? m_rootKey : m_recovery;
        if (row) return corrupt("the snapshot's entries are not in order, or one occurs twice");
        row = entry.value;
        return {};
    }

    std::optional<std::string> m_config, m_rootKey, m_recovery, m_keyring;
    std::string m_last;
    RootOfEntries m_root;
};

Result<> checkRoots(const std::string& root, const Meta& meta)
{
    if (root != meta.root) return corrupt("the snapshot has the root " + root + ", not " + meta.root + " as recorded");
    if (!meta.forestRoot.empty() && root != meta.forestRoot) {
        return corrupt("the snapshot's root is " + root + ", but the cluster's was " + meta.forestRoot +
                       " at the same index: run a reindex of the cluster");
    }
    return {};
}

/// True if one keyring has every term of the other, with the same keys.
bool includes(const Keyring& larger, const Keyring& smaller)
{
    return larger.forestKey() == smaller.forestKey() && std::ranges::all_of(smaller.terms(), [&](const Keyring::Term& term) {
               return std::ranges::any_of(larger.terms(),
                                          [&](const Keyring::Term& each) { return each.number == term.number && each.key == term.key; });
           });
}

/// Checks that every value opens and matches the leaf that comes with it.
Result<> openValues(const std::filesystem::path& file, const barrier::Barrier& barrier)
{
    return readEntries(file, [&barrier](Entry&& entry) -> Result<> {
        if (barrier::isSealKey(entry.key)) return {};
        if (!barrier.isAuthentic(entry.key, entry.value)) {
            // More people see the error than the log, so it does not name the key.
            logging::error("snapshot", "a value of a snapshot could not be opened", {{"key", entry.key}});
            return corrupt("a value of the snapshot does not open (the server's log says which)");
        }
        if (const auto verified = barrier.verify(entry); !verified) return corrupt("a leaf of the snapshot does not match its value");
        return {};
    });
}

/// The archive's keyring, if this cluster knows its keys and it must replace this cluster's keyring.
Result<std::optional<Keyring>> newerKeyring(Keyring theirs, const Keyring& ours)
{
    if (includes(ours, theirs)) return std::optional<Keyring>{};
    if (includes(theirs, ours)) return std::optional<Keyring>{std::move(theirs)};
    return corrupt("the snapshot's keyring and this cluster's have different keys under one root key");
}

constexpr std::string_view kNotSealed = "The archive's checksums were not sealed with its own keys. Somebody without these keys can have "
                                        "made it, and entries can be missing.";
constexpr std::string_view kNotOpened = "The snapshot was made under other keys, and its key shares were not given. Its form was checked, "
                                        "but no value could be opened. To verify all of it, give its shares (-key).";

} // namespace

bool belongsIntoSnapshot(std::string_view key)
{
    return ((key.starts_with("s/") || key.starts_with("l/")) && key.size() > 2) || barrier::isSealKey(key);
}

Sealing sealingOf(const barrier::Barrier& barrier, SumsSigner sign)
{
    return {[&barrier, sign = std::move(sign)](std::string_view sums) {
                const auto signature = sign ? sign(sums) : std::nullopt;
                return barrier.sealValue(kSumsName, signature ? withSignature(sums, *signature) : std::string{sums});
            },
            [&barrier](std::string_view sealed) { return barrier.openValue(kSumsName, sealed); }};
}

Result<CheckedArchive> checkArchive(const std::filesystem::path& file, const Sealing& ownSealing, const barrier::Barrier& own,
                                    const std::vector<SecretBytes>& shares, Random& random)
{
    const auto ours = own.keyring();
    if (!ours) return ours.error();
    FormCheck form;
    auto opened = readArchive(file, ownSealing, [&form](Entry&& entry) { return form.add(entry); });
    if (!opened) return std::move(opened).error();
    const auto seal = form.seal();
    if (!seal) return seal.error();
    if (!form.keyring())
        return corrupt("the snapshot has no row " + std::string{barrier::kKeyringKey} + "; a cluster restored from it could not be unsealed");
    if (auto roots = checkRoots(form.root(), opened->meta); !roots) return std::move(roots).error();

    CheckedArchive checked;
    checked.sealType = seal->type;
    auto theirs = Keyring::open(*form.keyring(), ours->rootKey());
    barrier::Barrier theirBarrier{random};
    if (theirs || opened->isSealedByUs) { // sealed by us, but under another root key: saved before the root key was replaced
        checked.keys = CheckedArchive::Keys::Ours;
        checked.isRootKeyOurs = theirs.has_value();
        if (theirs) {
            auto newer = newerKeyring(std::move(*theirs), *ours);
            if (!newer) return std::move(newer).error();
            checked.keyring = std::move(*newer);
        }
    } else if (!shares.empty()) {
        const auto rootKey = seal->rootKey(shares);
        if (!rootKey) return rootKey.error();
        auto given = Keyring::open(*form.keyring(), *rootKey);
        if (!given) return corrupt("the snapshot's keyring does not open with its root key");
        checked.keys = CheckedArchive::Keys::Given;
        checked.keyring = std::move(*given);
    }
    if (checked.keyring) theirBarrier.unseal(checked.keyring->clone());
    checked.signature = std::move(opened->signature);
    checked.areSumsSealed = opened->isSealedByUs || (checked.keyring && isSealedBy(sealingOf(theirBarrier), *opened, checked.signature));
    if (checked.keys != CheckedArchive::Keys::Unknown) {
        if (auto values = openValues(file, checked.keyring ? theirBarrier : own); !values) return std::move(values).error();
        if (!checked.areSumsSealed) checked.warnings.emplace_back(kNotSealed);
    } else {
        checked.warnings.emplace_back(kNotOpened);
    }
    checked.meta = std::move(opened->meta);
    return checked;
}

} // namespace core::snapshot
