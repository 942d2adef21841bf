#include "core/crypto/pkcs11_session.h"

#include <dlfcn.h>

#include <algorithm>
#include <map>

namespace core::crypto::pkcs11 {
namespace {

/// Held while a session exists. Initialisation, login and slot lists belong to the whole process in PKCS#11.
std::mutex& oneAtATime()
{
    static std::mutex mutex;
    return mutex;
}

std::string_view nameOf(CK_RV code)
{
    static const std::map<CK_RV, std::string_view> kNames = {
        {CKR_HOST_MEMORY, "CKR_HOST_MEMORY"},
        {CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR"},
        {CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED"},
        {CKR_ARGUMENTS_BAD, "CKR_ARGUMENTS_BAD"},
        {CKR_ATTRIBUTE_VALUE_INVALID, "CKR_ATTRIBUTE_VALUE_INVALID"},
        {CKR_ATTRIBUTE_TYPE_INVALID, "CKR_ATTRIBUTE_TYPE_INVALID"},
        {CKR_DATA_LEN_RANGE, "CKR_DATA_LEN_RANGE"},
        {CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR"},
        {CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY"},
        {CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED"},
        {CKR_ENCRYPTED_DATA_INVALID, "CKR_ENCRYPTED_DATA_INVALID"},
        {CKR_ENCRYPTED_DATA_LEN_RANGE, "CKR_ENCRYPTED_DATA_LEN_RANGE"},
        {CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED"},
        {CKR_KEY_HANDLE_INVALID, "CKR_KEY_HANDLE_INVALID"},
        {CKR_KEY_TYPE_INCONSISTENT, "CKR_KEY_TYPE_INCONSISTENT"},
        {CKR_KEY_FUNCTION_NOT_PERMITTED, "CKR_KEY_FUNCTION_NOT_PERMITTED"},
        {CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID"},
        {CKR_MECHANISM_PARAM_INVALID, "CKR_MECHANISM_PARAM_INVALID"},
        {CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT"},
        {CKR_PIN_INVALID, "CKR_PIN_INVALID"},
        {CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE"},
        {CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED"},
        {CKR_PIN_LOCKED, "CKR_PIN_LOCKED"},
        {CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED"},
        {CKR_SESSION_COUNT, "CKR_SESSION_COUNT"},
        {CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID"},
        {CKR_SLOT_ID_INVALID, "CKR_SLOT_ID_INVALID"},
        {CKR_TEMPLATE_INCONSISTENT, "CKR_TEMPLATE_INCONSISTENT"},
        {CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT"},
        {CKR_TOKEN_NOT_RECOGNIZED, "CKR_TOKEN_NOT_RECOGNIZED"},
        {CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED"},
        {CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN"},
        {CKR_USER_PIN_NOT_INITIALIZED, "CKR_USER_PIN_NOT_INITIALIZED"},
        {CKR_CRYPTOKI_NOT_INITIALIZED, "CKR_CRYPTOKI_NOT_INITIALIZED"},
    };
    const auto found = kNames.find(code);
    return found == kNames.end() ? std::string_view{} : found->second;
}

ErrorCode codeOf(CK_RV code)
{
    switch (code) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_EXPIRED:
    case CKR_PIN_LOCKED:
    case CKR_USER_PIN_NOT_INITIALIZED: return ErrorCode::PermissionDenied;
    case CKR_MECHANISM_INVALID:
    case CKR_MECHANISM_PARAM_INVALID:
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
    case CKR_KEY_TYPE_INCONSISTENT: return ErrorCode::FailedPrecondition;
    default: return ErrorCode::Unavailable;
    }
}

/// True for the codes by which a token reports ciphertext that was altered or belongs to another key. They differ between vendors.
bool isAboutCiphertext(CK_RV code)
{
    return code == CKR_ENCRYPTED_DATA_INVALID || code == CKR_ENCRYPTED_DATA_LEN_RANGE || code == CKR_DATA_INVALID || code == CKR_DATA_LEN_RANGE ||
           code == CKR_GENERAL_ERROR || code == CKR_FUNCTION_FAILED || code == CKR_SIGNATURE_INVALID;
}

/// The functions of a library. It stays loaded, because several libraries do not survive unloading.
Result<CK_FUNCTION_LIST*> load(const std::string& library)
{
    static std::map<std::string, CK_FUNCTION_LIST*> loaded; // guarded by oneAtATime()
    if (const auto found = loaded.find(library); found != loaded.end()) return found->second;
    void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        const char* why = ::dlerror();
        return Error{ErrorCode::Unavailable, "the PKCS#11 library cannot be loaded: " + std::string{why ? why : library}};
    }
    auto* getFunctions = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(handle, "C_GetFunctionList"));
    CK_FUNCTION_LIST* functions = nullptr;
    if (getFunctions == nullptr || getFunctions(&functions) != CKR_OK || functions == nullptr) {
        ::dlclose(handle);
        return Error{ErrorCode::InvalidArgument, library + " is no PKCS#11 library"};
    }
    loaded[library] = functions;
    return functions;
}

std::string labelOf(const CK_TOKEN_INFO& info)
{
    std::string label{reinterpret_cast<const char*>(info.label), sizeof info.label};
    label.erase(label.find_last_not_of(std::string_view{" \0", 2}) + 1);
    return label;
}

CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const void* value, std::size_t size)
{
    return {type, const_cast<void*>(value), static_cast<CK_ULONG>(size)};
}

unsigned char* bytesOf(std::string_view text)
{
    return reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())); // the C interface has no const
}

} // namespace

Error failure(std::string_view function, CK_RV code)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    for (CK_RV rest = code; rest != 0 || hex.empty(); rest >>= 4) hex.insert(hex.begin(), kDigits[rest & 15]);
    std::string text{function};
    text += ": ";
    if (const auto name = nameOf(code); !name.empty()) text.append(name) += ' ';
    return Error{codeOf(code), text + "(0x" + hex + ')'};
}

Result<std::unique_ptr<Session>> Session::open(const Pkcs11Key::Options& options)
{
    std::unique_ptr<Session> session{new Session{std::unique_lock{oneAtATime()}}};
    if (auto done = session->initialize(options.library); !done) return std::move(done).error();
    const auto slot = session->findSlot(options);
    if (!slot) return slot.error();
    if (auto done = session->login(*slot, options); !done) return std::move(done).error();
    return session;
}

Session::~Session()
{
    if (m_handle) {
        if (m_isLoggedIn) m_functions->C_Logout(*m_handle);
        m_functions->C_CloseSession(*m_handle);
    }
    if (m_isInitializer) m_functions->C_Finalize(nullptr);
}

Result<> Session::initialize(const std::string& library)
{
    auto functions = load(library);
    if (!functions) return std::move(functions).error();
    m_functions = *functions;
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    const CK_RV code = m_functions->C_Initialize(&arguments);
    if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED) return failure("C_Initialize", code);
    m_isInitializer = code == CKR_OK;
    return {};
}

Result<CK_SLOT_ID> Session::findSlot(const Pkcs11Key::Options& options)
{
    CK_ULONG count = 0;
    if (const CK_RV code = m_functions->C_GetSlotList(CK_TRUE, nullptr, &count); code != CKR_OK) return failure("C_GetSlotList", code);
    std::vector<CK_SLOT_ID> slots(count);
    if (const CK_RV code = m_functions->C_GetSlotList(CK_TRUE, slots.data(), &count); code != CKR_OK) return failure("C_GetSlotList", code);
    slots.resize(count);
    std::vector<CK_SLOT_ID> fitting;
    std::string present;
    for (const auto slot : slots) {
        CK_TOKEN_INFO info{};
        if (m_functions->C_GetTokenInfo(slot, &info) != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
        const auto label = labelOf(info);
        present += (present.empty() ? "" : ", ") + ('"' + label + "\" in slot ") + std::to_string(slot);
        if ((options.slot && *options.slot != slot) || (!options.tokenLabel.empty() && options.tokenLabel != label)) continue;
        fitting.push_back(slot);
    }
    if (fitting.size() == 1) return fitting.front();
    const std::string wanted = (options.tokenLabel.empty() ? "" : " labelled \"" + options.tokenLabel + '"') +
                               (options.slot ? " in slot " + std::to_string(*options.slot) : "");
    if (fitting.empty()) {
        return Error{ErrorCode::Unavailable, "there is no token" + wanted + " (present: " + (present.empty() ? "none" : present) + ')'};
    }
    return Error{ErrorCode::FailedPrecondition, "there are several tokens" + wanted + ": name the slot"};
}

Result<> Session::login(CK_SLOT_ID slot, const Pkcs11Key::Options& options)
{
    CK_SESSION_HANDLE handle = 0;
    const CK_FLAGS flags = CKF_SERIAL_SESSION | (options.makesMissingKeys ? CKF_RW_SESSION : 0);
    if (const CK_RV code = m_functions->C_OpenSession(slot, flags, nullptr, nullptr, &handle); code != CKR_OK) {
        return failure("C_OpenSession", code);
    }
    m_handle = handle;
    auto* pin = options.pin ? const_cast<unsigned char*>(options.pin->data()) : nullptr;
    const auto code = m_functions->C_Login(handle, CKU_USER, pin, options.pin ? options.pin->size() : 0);
    if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) return failure("C_Login", code);
    m_isLoggedIn = code == CKR_OK;
    return {};
}

Result<std::vector<CK_OBJECT_HANDLE>> Session::findKeys(CK_KEY_TYPE type, std::string_view label)
{
    const CK_OBJECT_CLASS objectClass = CKO_SECRET_KEY;
    CK_ATTRIBUTE wanted[] = {attribute(CKA_CLASS, &objectClass, sizeof objectClass), attribute(CKA_KEY_TYPE, &type, sizeof type),
                             attribute(CKA_LABEL, label.data(), label.size())};
    if (const CK_RV code = m_functions->C_FindObjectsInit(*m_handle, wanted, std::size(wanted)); code != CKR_OK) {
        return failure("C_FindObjectsInit", code);
    }
    std::vector<CK_OBJECT_HANDLE> keys(8);
    CK_ULONG count = 0;
    const CK_RV code = m_functions->C_FindObjects(*m_handle, keys.data(), keys.size(), &count);
    m_functions->C_FindObjectsFinal(*m_handle);
    if (code != CKR_OK) return failure("C_FindObjects", code);
    keys.resize(std::min<std::size_t>(count, keys.size()));
    return keys;
}

Result<CK_OBJECT_HANDLE> Session::generateKey(CK_MECHANISM_TYPE type, CK_KEY_TYPE keyType, std::string_view label,
                                              const std::vector<CK_ATTRIBUTE_TYPE>& uses, Random& random)
{
    const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    const CK_ULONG size = 32;
    const std::string id = random.bytes(16);
    std::vector<CK_ATTRIBUTE> attributes = {attribute(CKA_TOKEN, &yes, sizeof yes),           attribute(CKA_PRIVATE, &yes, sizeof yes),
                                            attribute(CKA_SENSITIVE, &yes, sizeof yes),       attribute(CKA_EXTRACTABLE, &no, sizeof no),
                                            attribute(CKA_VALUE_LEN, &size, sizeof size),     attribute(CKA_KEY_TYPE, &keyType, sizeof keyType),
                                            attribute(CKA_LABEL, label.data(), label.size()), attribute(CKA_ID, id.data(), id.size())};
    for (const auto use : uses) attributes.push_back(attribute(use, &yes, sizeof yes));
    CK_MECHANISM mechanism{type, nullptr, 0};
    CK_OBJECT_HANDLE key = 0;
    const CK_RV code = m_functions->C_GenerateKey(*m_handle, &mechanism, attributes.data(), attributes.size(), &key);
    if (code != CKR_OK) return failure("C_GenerateKey", code);
    return key;
}

Result<std::string> Session::encrypt(CK_MECHANISM& mechanism, CK_OBJECT_HANDLE key, std::string_view plain)
{
    if (const CK_RV code = m_functions->C_EncryptInit(*m_handle, &mechanism, key); code != CKR_OK) return failure("C_EncryptInit", code);
    std::string out(plain.size() + 64, '\0');
    CK_ULONG size = out.size();
    const CK_RV code = m_functions->C_Encrypt(*m_handle, bytesOf(plain), plain.size(), bytesOf(out), &size);
    if (code != CKR_OK) return failure("C_Encrypt", code);
    out.resize(size);
    return out;
}

Result<SecretBytes> Session::decrypt(CK_MECHANISM& mechanism, CK_OBJECT_HANDLE key, std::string_view sealed)
{
    if (const CK_RV code = m_functions->C_DecryptInit(*m_handle, &mechanism, key); code != CKR_OK) return failure("C_DecryptInit", code);
    SecretBytes out{sealed.size() + 64};
    CK_ULONG size = out.size();
    const CK_RV code = m_functions->C_Decrypt(*m_handle, bytesOf(sealed), sealed.size(), out.data(), &size);
    if (isAboutCiphertext(code)) return Error{ErrorCode::Corrupt, failure("C_Decrypt", code).detail};
    if (code != CKR_OK) return failure("C_Decrypt", code);
    return SecretBytes::copyOf(out.view().substr(0, size));
}

Result<std::string> Session::hmacSha256(CK_OBJECT_HANDLE key, std::string_view text)
{
    CK_MECHANISM mechanism{CKM_SHA256_HMAC, nullptr, 0};
    if (const CK_RV code = m_functions->C_SignInit(*m_handle, &mechanism, key); code != CKR_OK) return failure("C_SignInit", code);
    std::string out(32, '\0');
    CK_ULONG size = out.size();
    const CK_RV code = m_functions->C_Sign(*m_handle, bytesOf(text), text.size(), bytesOf(out), &size);
    if (code != CKR_OK) return failure("C_Sign", code);
    out.resize(size);
    return out;
}

} // namespace core::crypto::pkcs11
