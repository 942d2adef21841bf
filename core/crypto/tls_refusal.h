#pragma once

#include "core/base/clock.h"

#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace core::crypto {

/// Makes the connections of the context remember why a certificate was refused; what is accepted does not change. Not for contexts with a
/// check of their own (pinned certificates).
void rememberRefusals(ssl_ctx_st* context, int verifyMode);

/// Which certificate made a connection fail, and why, with its times and this machine's clock: "the other end's certificate is not yet valid
/// here: …". `error` is OpenSSL's. Empty: it failed for another reason. Both ends of a link are told apart: a certificate that this end
/// refused, and one of this end that the other end refused by an alert (RFC 8446 §6.2).
std::string certificateRefusal(const ssl_st* connection, unsigned long error, WallTime now);

/// Why OpenSSL refused a chain, as far as callers tell it apart.
enum class ChainFault { NotYetValid, Expired, UnknownAuthority, Other };
/// From a result as libcurl and SSL_get_verify_result() give it (X509_V_ERR_…).
ChainFault chainFaultOf(long verifyResult);

/// How `verifyCertificate()` tells the same of a certificate that came otherwise.
std::string validityText(WallTime notBefore, WallTime notAfter, WallTime now);

} // namespace core::crypto
