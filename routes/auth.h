/* What the files of /auth/v1 share. */
#ifndef AUTH_H
#define AUTH_H

#include "base/config.h"
#include "base/fail.h"
#include "base/request.h"
#include "pg/rows.h"

/* sign_in.c: POST /auth/v1/token. A session for a password or a refresh token. */
const struct fail *auth_token(struct request *req);

/* signed_in.c: GET /auth/v1/user and POST /auth/v1/logout, for who has a session. */
const struct fail *auth_user(struct request *req);
const struct fail *auth_logout(struct request *req);

/* Fails unless the request brings the token of a user. Only the Authorization header counts: the
 * key in `apikey` is the program's, not the user's. */
const struct fail *auth_need_user(struct request *req);

/* change_user.c: PUT /auth/v1/user. */
const struct fail *auth_change_user(struct request *req);

/* auth_forward.c: hands the request on to Supabase Auth. */
const struct fail *auth_forward(struct request *req, str upstream);

/* Where that is: AUTH_URL, else below SUPABASE_URL; absent: nowhere. */
str auth_upstream(arena *mem, const struct config *config);

/* What is wrong with its setting, a sentence; absent: nothing. */
str auth_check(arena *mem, const struct config *config);

/* The answer of a function of signing in (migration 075), column by column. */
enum auth_column { AUTH_FAILURE, AUTH_CLAIMS, AUTH_REFRESH_TOKEN, AUTH_ACCOUNT };
#define AUTH_COLUMNS "select failure, claims, refresh_token, account from "

/* NULL when the answer says that it went well. */
const struct fail *auth_failure(arena *mem, const struct rows *rows);

/* Without the migration the functions are not there: says so. For statement.refusal. */
const struct fail *auth_refusal(arena *mem, str sqlstate, str message);

/* A JSON answer that nobody may keep. */
const struct fail *auth_reply(struct request *req, str body);

/* A parameter of the query, decoded; absent when it is not there. */
str auth_query(const struct request *req, str name);

#endif
