use crate::register::user_of;
use shared::Context;
use shared::docs::At;
use shared::domain::user::User;
use shared::error::{Error, Result};
use shared::store::Tenant;

/// Makes an account platform staff: the operator's command, reachable from the command line only. 404 without such an
/// account; again is harmless.
pub async fn make_super_admin(ctx: &Context, email: &str) -> Result<()> {
    let id = user_of(ctx, email).await?.ok_or_else(|| Error::not_found("account"))?;
    let at = At::system(Tenant::person(&id.to_string()));
    ctx.docs::<User>(&at)
        .update(id, id, None, |user, work| {
            user.is_super_admin = true;
            work.action("permission_change");
            Ok(())
        })
        .await?;
    ctx.sign_in().forget(&id.to_string());
    Ok(())
}
