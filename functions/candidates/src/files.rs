use axum::extract::{RawQuery, State};
use shared::blobs::link::LinkError;
use shared::http::{Download, Path};
use shared::{Code, Context, Error, Result};

/// What a signed link leads to. A file that was locked or deleted since the link was given is not served.
pub(crate) async fn serve(
    State(ctx): State<Context>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Download> {
    let now = ctx.now().instant();
    let link = ctx.blobs().verify_link(&path, query.as_deref().unwrap_or_default(), now).map_err(refused)?;
    if let Some(file) = ctx.file_at(&path).await? {
        if !file.meta.is_active {
            return Err(Error::not_found("file"));
        }
        file.check_readable()?;
    }
    let (info, content) = ctx.blobs().get(&path).await?;
    Ok(Download { info, content, name: link.download_name })
}

fn refused(error: LinkError) -> Error {
    match error {
        LinkError::Expired => {
            Error::new(Code::LinkExpired, "This link has expired. Open the file again to get a new one.")
        }
        LinkError::Forged => Error::forbidden("This is not a link of ours. Open the file again to get one."),
    }
}
