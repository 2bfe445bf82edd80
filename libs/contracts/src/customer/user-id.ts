/**
 * A user id, which is the `sub` of the token. Identity providers write `auth0|5f7c…`, and names
 * with dots and colons. No `@`: an e-mail address would travel as the key of every event. No `.`
 * or `..`, which a URL drops from its path. For JavaScript and, in the migrations, PostgreSQL.
 */
export const USER_ID = /^(?![.]{1,2}$)[A-Za-z0-9_.:|-]{1,128}$/;
export const USER_ID_RULE = '1 to 128 characters of A-Z a-z 0-9 _ . : | -, and not . or ..';
